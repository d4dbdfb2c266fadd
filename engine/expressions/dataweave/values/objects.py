"""Objects that a plain dict cannot hold: keys that repeat, have attributes or a namespace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple


class Namespace(NamedTuple):
    """A namespace (`ns`). prefix: the preferred one when it is written."""

    prefix: str
    uri: str


class Key(str):
    """A key as a value (type Key), and a key of Pairs. Equals and hashes as its local name does.

    attributes: the values in `key @(name: value)`, an object; None if there are none.
    """

    __slots__ = ("attributes", "namespace")

    def __new__(
        cls, name: str, namespace: Namespace | None = None, attributes: Mapping[str, Any] | Pairs | None = None
    ) -> Key:
        key = super().__new__(cls, name)
        key.namespace = namespace
        key.attributes = attributes
        return key


class Pairs:
    """An object whose keys may repeat, and carry a namespace and attributes, in the order in which they were written."""

    __slots__ = ("entries",)

    def __init__(self, entries: Iterable[tuple[str, Any]] = ()) -> None:
        self.entries: list[tuple[str, Any]] = list(entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(self.entries)

    def get(self, name: str, otherwise: Any = None) -> Any:
        """Return the value of the first key of this name."""
        for key, value in self.entries:
            if key == name:
                return value
        return otherwise
