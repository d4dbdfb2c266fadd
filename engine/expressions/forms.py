"""Reads and writes forms and queries (application/x-www-form-urlencoded) as names and values."""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Iterable

from engine.expressions.writing import TooLarge
from engine.limits import LARGEST_FORM, MOST_BROKEN_ESCAPES

BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
SAFE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
WRITTEN = tuple("+" if byte == 0x20 else chr(byte) if byte in SAFE else f"%{byte:02X}" for byte in range(256))
"""The spelling of each byte in a form."""
PORTION = 2**16
"""Bytes that are written at a time: each takes the room of a reference meanwhile."""


class TooMany(ValueError):
    """A form with too many of something; the message says of what."""


def read_pairs(text: str, most: int, errors: str = "replace") -> list[tuple[str, str]]:
    """Return the fields in order, without empty ones.

    errors: the handling of escapes that are not UTF-8, as for Python's codecs. Raises TooMany for more fields than
    `most`, and for too many `%` that do not begin an escape.
    """
    if text.count("&") >= most:
        raise TooMany(f"more than {most} fields")
    fields = [field.partition("=") for field in text.split("&") if field]
    read = _Reader(errors).read
    return [(read(name), read(value)) for name, _, value in fields]


class _Reader:
    """Reads the names and values of a form, which share the allowance of `%` that do not begin an escape."""

    def __init__(self, errors: str) -> None:
        self._errors = errors
        self._left = MOST_BROKEN_ESCAPES

    def read(self, text: str) -> str:
        text = text.replace("+", " ")
        return self._unescaped(text.encode()).decode("utf-8", self._errors) if "%" in text else text

    def _unescaped(self, text: bytes) -> bytes:
        """Return the bytes with each `%XX` decoded (RFC 3986, 2.1); any other `%` stays.

        Quoted-printable has the same escapes, except for their sign, and its decoder is a loop in C.
        """
        text, broken = BROKEN_ESCAPE.subn(b"%25", text, self._left + 1)
        self._left -= broken
        if self._left < 0:
            raise TooMany(f"more than {MOST_BROKEN_ESCAPES} signs % that begin no escape")
        return a2b_qp(text.replace(b"=", b"=3D").replace(b"%", b"="))


def write_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """Write names and values as a form. Raises TooLarge."""
    left = LARGEST_FORM
    fields = []
    for name, value in pairs:
        content = name.encode(), value.encode()
        left -= len(content[0]) + len(content[1])
        if left < 0:
            raise TooLarge(LARGEST_FORM, "bytes of a form")
        fields.append("=".join(map(_written, content)))
    return "&".join(fields)


def _written(content: bytes) -> str:
    if not content.rstrip(SAFE):
        return content.decode()
    if len(content) <= PORTION:
        return "".join(map(WRITTEN.__getitem__, content))
    return "".join([_written(content[start : start + PORTION]) for start in range(0, len(content), PORTION)])
