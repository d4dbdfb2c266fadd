"""Data that no recording may show: the application's secrets, and values under names that suggest one."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus

from engine.values.secrets import HIDDEN, Secrets
from engine.values.telling import NAMES, SHORTEST, is_telling

NAME = f"(?:{NAMES.pattern})"

PAIR = re.compile(r"((?:^|[?&;])\s*)([^=&?;\s]{1,100})=([^&;]+)")
"""A name and a value in a query, a form or a cookie; the name may be percent-encoded."""

TELLING = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        rf'("{NAME}"\s*:\s*")((?:[^"\\]|\\.)+)',  # a member of JSON
        rf'(\\+"{NAME}\\+"\s*:\s*\\+")([^"\\]+)',  # of JSON in a text of JSON
        rf"(<(?:[\w.-]+:)?{NAME}(?:\s[^<>]*)?>)([^<]+)",  # an element of XML
        rf"(\b{NAME}\s*=\s*[\"'])([^\"']+)",  # an attribute of one
        rf'(\bname="?{NAME}"?[^\r\n]*\r\n(?:[^\r\n]+\r\n){{0,5}}\r\n)((?:(?!\r\n--)[\s\S])+)',  # a field of a form
        rf"(^[ \t]*(?:- )?{NAME}[ \t]*:[ \t]+)(\S.*)",  # a line of YAML, a header
    )
)
"""Such a name, with the text before the value in some format, and the value."""


class Redaction:
    """Hides texts in data.

    secrets: those that the application knows. A value under a telling name is hidden everywhere from then on, so that
    an echo of it is hidden too.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = Secrets(secrets)

    def learn(self, value: Any) -> None:
        """Take the values under telling names for secrets, in maps and in texts of some format."""
        if isinstance(value, Mapping):
            for name, inner in value.items():
                self._take(inner) if NAMES.fullmatch(str(name)) else self.learn(inner)
        elif isinstance(value, list):
            for inner in value:
                self.learn(inner)
        elif isinstance(value, (str, bytes)):
            for found in _told(value if isinstance(value, str) else _read(value)):
                self._take(found)

    def _take(self, value: Any) -> None:
        if isinstance(value, (Mapping, list)):
            for inner in value.values() if isinstance(value, Mapping) else value:
                self._take(inner)
        elif value is not None:
            for part in filter(_is_long, _parts(str(value))):
                self._secrets.add(part)

    def of(self, value: Any) -> Any:
        """Return the same data with secrets hidden."""
        if isinstance(value, Mapping):
            return {self.text(str(name)): self._under(str(name), inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.of(inner) for inner in value]
        if isinstance(value, bytes):
            return self.text(_read(value)).encode("utf-8", "surrogateescape")
        return self.text(value) if isinstance(value, str) else value

    def _under(self, name: str, value: Any) -> Any:
        return _hidden(value) if is_telling(name) else self.of(value)

    def text(self, text: str) -> str:
        text = self._secrets.hide(text)
        if not _may_tell(text):
            return text
        for telling in TELLING:
            text = telling.sub(rf"\1{HIDDEN}", text)
        return PAIR.sub(_pair, text)


def _read(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _hidden(value: Any) -> Any:
    """Return the value with everything in it hidden."""
    if isinstance(value, Mapping):
        return {name: _hidden(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_hidden(inner) for inner in value]
    return value if value is None else HIDDEN


def _pair(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2]}={HIDDEN}" if NAMES.fullmatch(unquote_plus(match[2])) else match[0]


def _may_tell(text: str) -> bool:
    """Return whether a text holds a sign without which no name is followed by a value."""
    return "=" in text or ":" in text or "<" in text


def _told(text: str) -> Iterator[str]:
    """Yield the values under telling names in a text."""
    if not _may_tell(text):
        return
    for telling in TELLING:
        yield from (value for _, value in telling.findall(text))
    yield from (unquote_plus(value) for _, name, value in PAIR.findall(text) if NAMES.fullmatch(unquote_plus(name)))


def _parts(value: str) -> Iterator[str]:
    """Yield the secret parts of a value: credentials after their scheme, the password in them, cookies."""
    yield value
    scheme, _, credentials = value.partition(" ")
    yield credentials
    yield from (cookie.partition("=")[2] for cookie in value.split(";"))
    if scheme.lower() == "basic":
        yield _decoded(credentials).partition(":")[2]


def _decoded(text: str) -> str:
    try:
        return b64decode(text).decode("utf-8", "replace")
    except (Error, ValueError):
        return ""


def _is_long(text: str) -> bool:
    return len(text) >= SHORTEST
