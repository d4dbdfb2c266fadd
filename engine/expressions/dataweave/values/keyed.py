"""Values that know the key under which they were found, so that `x.@id` and `x.#` find its attributes and namespace.

Only scripts that use such selectors make them. A null without attributes stays None.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from decimal import Decimal
from operator import is_
from typing import Any

from engine.expressions.dataweave.values.objects import Key, Pairs, entries_of


class Blank:
    """A null that has attributes, as the value of `<item id="1"/>`."""

    __slots__ = ("key",)

    def __init__(self, key: Key) -> None:
        self.key = key

    def __bool__(self) -> bool:
        return False


class KeyedText(str):
    """A String that knows its key."""

    key: Key | None = None


class KeyedWhole(int):
    """A Number without a fraction that knows its key."""

    key: Key | None = None


class KeyedDecimal(Decimal):
    """A Number that knows its key."""

    key: Key | None = None


class KeyedPairs(Pairs):
    """An Object that knows its key."""

    __slots__ = ("key",)

    def __init__(self, entries: list[tuple[str, Any]], key: Key) -> None:
        self.entries = entries
        self.key = key


def _named(kind: Any) -> Callable[[Any, Key], Any]:
    def make(value: Any, key: Key) -> Any:
        made = kind(value)
        made.key = key
        return made

    return make


KEYED: dict[type, Callable[[Any, Key], Any]] = {
    type(None): lambda _, key: Blank(key),
    str: _named(KeyedText),
    int: _named(KeyedWhole),
    Decimal: _named(KeyedDecimal),
    dict: lambda value, key: KeyedPairs(list(entries_of(value)), key),
    Pairs: lambda value, key: KeyedPairs(value.entries, key),
}


def keyed(value: Any, key: str) -> Any:
    """Return the value with its key, if that has attributes or a namespace."""
    if type(key) is str or not isinstance(key, Key) or key.is_plain:
        return value
    make = KEYED.get(type(value))
    if make is not None:
        return make(value, key)
    if not isinstance(value, (str, int, Decimal)) or isinstance(value, bool):
        return value
    made: Any = copy(value)  # one with metadata
    made.key = key
    return made


def key_of(value: Any) -> Key | None:
    """Return the key under which a value was found, or the value itself if it is a key."""
    return value if isinstance(value, Key) else getattr(value, "key", None)


def plain(value: Any) -> Any:
    """Return null in place of a Blank."""
    return None if type(value) is Blank else value


def without_blanks(value: Any) -> Any:
    """Return a result with null in place of each Blank; what has none stays what it is."""
    if type(value) is Blank:
        return None
    if type(value) is list:
        inner = list(map(without_blanks, value))
        return value if all(map(is_, inner, value)) else inner
    if type(value) is dict:
        found = {key: without_blanks(each) for key, each in value.items()}
        return value if all(map(is_, found.values(), value.values())) else found
    return value
