"""The head of an answer, as bytes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from uvicorn.protocols.http.httptools_impl import HEADER_RE, STATUS_LINE

CONTROLS = bytes({*range(0x20), 0x7F} - {0x09})
"""Control characters would end a line, or readers could not tell them from nothing."""


def answer_head(status: int, headers: Iterable[tuple[bytes, bytes]], reason: bytes | None = None) -> bytes:
    """Return the head with this reason phrase, or that of the status. Raises RuntimeError for invalid characters."""
    line = STATUS_LINE[status][:-2] if reason is None else b"HTTP/1.1 %d %b" % (status, reason)
    lines = [line, *[_named(name) + value for name, value in headers], b"", b""]
    head = b"\r\n".join(lines)
    if len(head.translate(None, CONTROLS)) != len(head) - 2 * (len(lines) - 1):  # more than between the lines
        raise RuntimeError("a header of an answer holds a control character")
    return head


@lru_cache(maxsize=1000)
def _named(name: bytes) -> bytes:
    """Return the beginning of a header of that name. Cached: most answers have the same names."""
    if HEADER_RE.search(name):
        raise RuntimeError("a header of an answer has a name that no header can have")
    return name + b": "
