"""The data of a flow file: Python's maps, lists and texts that know their places."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

from engine.loading.files.place import Place
from engine.parameters.text import Text

NULL = re.compile(r"|~|null|Null|NULL")
TRUE, FALSE = frozenset({"true", "True", "TRUE"}), frozenset({"false", "False", "FALSE"})
INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,3999})|0o[0-7]{1,4000}|0x[0-9a-fA-F]{1,4000}")
"""A 0 followed by digits is a text, such as a postal code. Python refuses to read longer numbers."""
FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NOT_FINITE = frozenset({".inf", "+.inf", "-.inf", ".nan"})


class Map(dict[str, Any]):
    """A mapping with its place, and those of its keys and values."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: dict[str, tuple[Place, Place]] = {}

    def put(self, key: str, value: Any, key_place: Place, place: Place | None = None) -> None:
        self[key] = value
        self.places[key] = (key_place, place or key_place)

    def with_entries_of(self, other: Map, *keys: str) -> Map:
        """Return a map of these entries and some of another one; both stay as they are."""
        both = Map(self.place)
        both.update(self)
        both.places = dict(self.places)
        for key in keys:
            both.put(key, other[key], *other.places[key])
        return both


class Sequence(list[Any]):
    """A list with its place, and those of its entries."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: list[Place] = []


def as_data(value: Any) -> Any:
    """Return the value without its places: Python's own maps, lists and texts."""
    if isinstance(value, Map):
        return {key: as_data(inner) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [as_data(inner) for inner in value]
    return str(value) if isinstance(value, Text) else value


def copied(value: Any, copies: dict[int, Any] | None = None) -> Any:
    """Return a value in maps and lists of its own; texts and places stay, and what aliases share is shared again."""
    copies = {} if copies is None else copies
    if isinstance(value, (Map, Sequence)) and id(value) in copies:
        return copies[id(value)]
    if isinstance(value, Map):
        own = copies[id(value)] = Map(value.place)
        own.update({key: copied(inner, copies) for key, inner in value.items()})
        own.places = dict(value.places)
        return own
    if isinstance(value, Sequence):
        several = copies[id(value)] = Sequence(value.place)
        several.extend(copied(inner, copies) for inner in value)
        several.places = list(value.places)
        return several
    return value


def stands_same(one: Any, other: Any) -> bool:
    """Return whether two values are written the same and are at the same places."""
    waiting = [(one, other)]
    while waiting:
        one, other = waiting.pop()
        if one is other:
            continue
        if type(one) is not type(other) or not _outside_same(one, other):  # 1 is not true, nor 1.0
            return False
        if isinstance(one, Map):
            waiting += zip(one.values(), other.values(), strict=True)
        elif isinstance(one, Sequence):
            waiting += zip(one, other, strict=True)
    return True


def _outside_same(one: Any, other: Any) -> bool:
    if isinstance(one, Map):
        return bool(one.place == other.place and list(one.places.items()) == list(other.places.items()))
    if isinstance(one, Sequence):
        return bool(one.place == other.place and one.places == other.places)
    if isinstance(one, Text):
        return one == other and (one.place, one.pieces, one.secret) == (other.place, other.pieces, other.secret)
    return bool(one == other)


class NotFinite(ValueError):
    """A scalar that is a number in YAML but not in JSON: infinity, or one that is too large to be held."""


def resolve(text: str, otherwise: Any = None) -> Any:
    """Read a plain scalar by YAML 1.2's core schema; `on`, `yes`, dates and `0123` are texts. Raise NotFinite."""
    if NULL.fullmatch(text):
        return None
    if text in TRUE or text in FALSE:
        return text in TRUE
    if INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if FLOAT.fullmatch(text):
        return _finite(text)
    if text.lower() in NOT_FINITE:
        raise NotFinite
    return text if otherwise is None else otherwise


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise NotFinite
    return number
