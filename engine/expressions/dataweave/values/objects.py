"""Objects: a dict while keys are unique and plain, else Pairs, whose keys repeat or have attributes or a namespace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

Entry = tuple[str, Any]
"""A key, which is a Key if it has a namespace or attributes, and its value."""


class Namespace(NamedTuple):
    """A namespace (`ns`). prefix: the preferred one when it is written."""

    prefix: str
    uri: str

    def to_json(self) -> str:
        return self.uri


class Key(str):
    """A key as a value (type Key), and a key of Pairs. Equals and hashes as its local name does.

    attributes: the values in `key @(name: value)`, an object; None if there are none.
    """

    __slots__ = ("attributes", "namespace")

    attributes: AnyObject | None
    namespace: Namespace | None

    def __new__(cls, name: str, namespace: Namespace | None = None, attributes: AnyObject | None = None) -> Key:
        key = super().__new__(cls, name)
        key.namespace = namespace
        key.attributes = attributes
        return key

    @property
    def is_plain(self) -> bool:
        """Whether the name is all of it."""
        return self.namespace is None and not self.attributes


class Pairs:
    """An object whose keys may repeat, and have a namespace and attributes, in the order in which they were written."""

    __slots__ = ("entries",)

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries: list[Entry] = list(entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __repr__(self) -> str:
        return f"Pairs({self.entries!r})"

    def get(self, name: str, otherwise: Any = None) -> Any:
        """Return the value of the first key of this name."""
        for key, value in self.entries:
            if key == name:
                return value
        return otherwise

    def all(self, name: str) -> list[Any]:
        """Return the values of all keys of this name."""
        return [value for key, value in self.entries if key == name]

    def values(self) -> list[Any]:
        return [value for _, value in self.entries]

    def keys(self) -> list[str]:
        return [key for key, _ in self.entries]

    def items(self) -> list[Entry]:
        return self.entries

    def to_json(self) -> dict[str, Any]:
        """Return a dict: the values of a key that repeats are a list."""
        made: dict[str, Any] = {}
        for key, value in self.entries:
            made.setdefault(str(key), []).append(value)
        return {key: found if len(found) > 1 else found[0] for key, found in made.items()}


AnyObject = Mapping[str, Any] | Pairs


def is_object(value: Any) -> bool:
    """Return whether a value is an object; a message or an error of the engine is one, too."""
    return type(value) is dict or isinstance(value, (Pairs, Mapping)) or hasattr(value, "field_names")


def entries_of(value: AnyObject) -> Iterable[Entry]:
    """Return the keys and values of an object in order."""
    return value.items()


def object_of(entries: Iterable[Entry]) -> AnyObject:
    """Return the object of these entries: a dict if it holds them all."""
    found = list(entries)
    plain = {key: value for key, value in found if type(key) is str}
    if len(plain) == len(found):
        return plain
    found = [(written_key(key), value) for key, value in found]
    plain = {key: value for key, value in found if type(key) is str}
    return plain if len(plain) == len(found) else Pairs(found)


def joined(left: AnyObject, right: AnyObject) -> AnyObject:
    """Return an object with the entries of both: equal keys are kept twice."""
    if type(left) is dict and type(right) is dict and left.keys().isdisjoint(right):
        return left | right
    return object_of(chain(entries_of(left), entries_of(right)))


def written_key(key: str) -> str:
    """Return the key as an object holds it: a plain text if it has neither namespace nor attributes."""
    if type(key) is str:
        return key
    return key if isinstance(key, Key) and not key.is_plain else str(key)


def key_value(key: str) -> Key:
    """Return the key as a value of the script, as `$$` is."""
    return key if isinstance(key, Key) else Key(key)


def first_value(value: AnyObject, name: str) -> Any:
    """Return the value of the first key of a name; None if there is none."""
    return value.get(name)


def all_values(value: AnyObject, name: str) -> list[Any]:
    """Return the values of all keys of a name."""
    if isinstance(value, Pairs):
        return value.all(name)
    return [value[name]] if name in value else []


def has_key(value: AnyObject, name: str) -> bool:
    return any(key == name for key, _ in value.entries) if isinstance(value, Pairs) else name in value
