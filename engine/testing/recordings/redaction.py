"""Data that no recording may show: the application's secrets, and values under names that suggest one."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.values.secrets import HIDDEN, Secrets
from engine.values.telling import SHORTEST, is_telling
from engine.values.telling_names import TellingNames


class Redaction:
    """Hides texts in data.

    secrets: those that the application knows; names: further telling names of its own. A value under a telling name is
    hidden everywhere from then on, so that an echo of it is hidden too.
    """

    def __init__(self, secrets: Iterable[str], names: Iterable[str] = ()) -> None:
        self._secrets = Secrets(secrets)
        self._names = TellingNames(names)

    def learn(self, value: Any) -> None:
        """Take the values under telling names for secrets, in maps and in texts of some format."""
        if isinstance(value, Mapping):
            for name, inner in value.items():
                self._take(inner) if self._names.tells(str(name)) else self.learn(inner)
        elif isinstance(value, list):
            for inner in value:
                self.learn(inner)
        elif isinstance(value, (str, bytes)):
            for found in self._names.values_in(value if isinstance(value, str) else _read(value)):
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
        return _hidden(value) if is_telling(name) or self._names.tells(name) else self.of(value)

    def text(self, text: str) -> str:
        return self._names.hide(self._secrets.hide(text))


def _read(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _hidden(value: Any) -> Any:
    """Return the value with everything in it hidden."""
    if isinstance(value, Mapping):
        return {name: _hidden(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_hidden(inner) for inner in value]
    return value if value is None else HIDDEN


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
