"""Headers of requests and answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from engine.expressions.appended import Appended
from engine.expressions.writing import WRITING_ERRORS, to_text
from engine.limits import LARGEST_HEADERS
from engine.parameters.expression import Template
from engine.values.errors import EXPRESSION, FlowError
from engine.values.event import Event
from engine.values.repeated import as_map

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
UNWRITABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")
LINE = len(": \r\n")
"""Characters of a header in addition to its name and value."""
FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "trailer", "te"})
"""Headers of a connection, which flows cannot set."""
OF_ANOTHER = FRAMING | {"accept-encoding", "content-encoding", "date", "expect", "host"}
"""Headers of a received message about its connection and the coding of its body, since bodies are inflated here (RFC
9110, 7.6.1), and headers that each message has of its own."""
OF_PROXIES = "proxy-"
"""The prefix of headers for the next proxy only."""


APART = frozenset({"set-cookie", "www-authenticate", "proxy-authenticate"})
"""Headers whose values may contain commas: several are a list, and are sent as separate lines."""


class Headers(dict[str, Any]):
    """Headers by name, in any case.

    Repeated ones are joined by a comma (RFC 9110, 5.3), cookies by a semicolon; those of APART are a list.
    """

    def __init__(self, raw: Sequence[tuple[bytes, bytes]]) -> None:
        super().__init__([(_text(name), value.decode("latin-1")) for name, value in raw])
        if len(self) < len(raw):
            self._join(raw)

    def _join(self, raw: Sequence[tuple[bytes, bytes]]) -> None:
        """Give repeated names all their values."""
        values: dict[str, list[str]] = {}
        for name, value in raw:
            values.setdefault(_text(name), []).append(value.decode("latin-1"))
        self.update({name: _together(name, several) for name, several in values.items()})

    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)

    find = dict.get
    """Like get, for a name in lower case; faster."""


@lru_cache(maxsize=256)  # most requests have the same few
def _text(name: bytes) -> str:
    return name.decode("latin-1").lower()


def _together(name: str, values: list[str]) -> str | list[str]:
    if name in APART and len(values) > 1:
        return values
    return ("; " if name == "cookie" else ", ").join(values)


def handed_on(headers: Any) -> Any:
    """Return headers without those of the connection they came by; anything but a map is returned as it is."""
    headers = as_map(headers)
    if not isinstance(headers, Mapping):
        return headers
    named = {entry for name, value in headers.items() if _lower(name) == "connection" for entry in _entries(value)}
    return {name: value for name, value in headers.items() if not _stays(_lower(name), named)}


def _stays(name: str, named: set[str]) -> bool:
    """Return whether a header is not passed on. named: the headers that Connection names."""
    return name in OF_ANOTHER or name in named or name.startswith(OF_PROXIES)


def _lower(name: Any) -> str:
    return name.lower() if isinstance(name, str) else ""


def _entries(value: Any) -> list[str]:
    """Return the names in a Connection header."""
    return [entry.strip().lower() for entry in value.split(",")] if isinstance(value, str) else []


def headers_of(template: Template, event: Event, whose: str) -> dict[str, Any]:
    """Return the headers of a parameter for an event: a map with literal names, or an expression for the whole map.

    Raises the errors of `checked_headers`.
    """
    headers = template.evaluate(event)
    return checked_headers(headers if template.entries is not None else handed_on(headers), whose)


def checked_headers(headers: Any, whose: str) -> dict[str, Any]:
    """Return headers by lower-case name, as text or a list of texts.

    Null ones are left out, and from a received map also those of its connection.
    whose: `the answer`, `the request`. Raises MULE:EXPRESSION for anything but a map, for a name that a flow cannot
    set, for a value with CR, LF or another character that is invalid in headers, and if they are too large together.
    """
    if headers is None:
        return {}
    if not isinstance(headers, Mapping):
        raise FlowError(EXPRESSION, f"the headers of {whose} are no map")
    if isinstance(headers, Headers):
        headers = handed_on(headers)
    checked, left = {}, LARGEST_HEADERS
    for name, value in headers.items():
        if value is not None:
            checked[_name(name, whose)], left = _values(value, whose, left - len(name))
    return checked


def _name(name: Any, whose: str) -> str:
    if not isinstance(name, str) or TOKEN.fullmatch(name) is None:
        raise FlowError(EXPRESSION, f"a header of {whose} has a name that no header may have")
    if name.lower() in FRAMING:
        raise FlowError(EXPRESSION, f"the header '{name.lower()}' of {whose} is one that a flow cannot set")
    return name.lower()


def _values(value: Any, whose: str, left: int) -> tuple[str | list[str], int]:
    """Return a header's value, and how many characters are left; a list makes several headers of the name."""
    if not isinstance(value, (list, tuple, Appended)):
        text = header_value(value, whose, left)
        return text, left - len(text)
    texts = []
    for each in value:
        if each is not None:
            texts.append(header_value(each, whose, left))
            left -= len(texts[-1]) + LINE
    return texts, left


def header_value(value: Any, whose: str, left: int = LARGEST_HEADERS) -> str:
    """Return a value as the text of one header, of at most `left` characters. Raises MULE:EXPRESSION."""
    try:
        text = to_text(value).strip(" \t")
    except WRITING_ERRORS as error:
        raise FlowError(EXPRESSION, f"a header of {whose} cannot be written as text", cause=error) from error
    if len(text) > left:
        raise FlowError(EXPRESSION, f"the headers of {whose} have more than {LARGEST_HEADERS} characters")
    if UNWRITABLE.search(text):
        raise FlowError(EXPRESSION, f"a header of {whose} holds a character that no header may hold")
    return text
