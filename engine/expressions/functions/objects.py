"""Functions over maps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.conditions import truth
from engine.expressions.functions.function import function
from engine.expressions.functions.texts.joining import merged_in_place
from engine.expressions.operators import type_name
from engine.expressions.schemas import TEXT, of_list

LONG = 256
"""Characters of a key whose comparison takes noticeable time."""
PER_NAME = 10
"""Steps to put an entry in a map."""
Key = Callable[[Any], Any]


@function("object", steps=12, each=3, dataweave="keysOf, namesOf", shape=of_list([TEXT]))
def keys(mapping: Any) -> list[Any]:
    """The keys of a map, in order.

    keys({a: 'x', b: 'y'}) → ["a", "b"]
    """
    return list(mapping)


@function("object", steps=12, each=3, dataweave="valuesOf")
def values(mapping: Any) -> list[Any]:
    """The values of a map, in order.

    values({a: 'x', b: 'y'}) → ["x", "y"]
    """
    return list(mapping.values())


@function("...object", steps=20, each=10, in_place=merged_in_place, dataweave="++, mergeWith")
def merge(*mappings: Any) -> dict[str, Any]:
    """One map of all; if several have a key, the last value is kept.

    merge({a: 'x'}, {b: 'y'}) → {"a": "x", "b": "y"}
    """
    merged: dict[str, Any] = {}
    for mapping in mappings:
        merged.update(mapping)
    return merged


@function("object", steps=20, each=18, dataweave="entriesOf, pluck")
def items(mapping: Any) -> list[list[Any]]:
    """The entries of a map as lists of key and value (JMESPath community).

    items({a: 'x', b: 'y'}) → [["a", "x"], ["b", "y"]]
    """
    return [[key, value] for key, value in mapping.items()]


@function("array[array]", steps=30, each=14)
def from_items(pairs: list[list[Any]]) -> dict[str, Any]:
    """The map of a list of keys and values; of a repeated key, the last value is kept.

    from_items([['a', 'x'], ['b', 'y']]) → {"a": "x", "b": "y"}
    """
    for pair in pairs:
        if len(pair) != 2 or not isinstance(pair[0], str):
            raise EvaluationError("from_items() takes arrays of a string and a value, not other arrays")
    return {pair[0]: pair[1] for pair in pairs}


@function("object", "string", steps=10, each=0, dataweave="payload.key?", of_null=False)
def has_key(mapping: Any, key: str) -> bool:
    """Whether a map has a key, even if its value is null.

    has_key({a: null}, 'a') → true
    has_key(null, 'a') → false
    """
    count_key(key, "has_key")
    return key in mapping


@function("object", "expression", steps=20, each=10, dataweave="mapObject", of_null=None)
def map_values(mapping: Any, change: Key) -> dict[str, Any]:
    """The map with each value replaced by the expression's value for it.

    map_values({a: 'x', b: 'yz'}, &length(@)) → {"a": 1, "b": 2}
    """
    return {key: change(value) for key, value in mapping.items()}


@function("object", "expression", steps=20, each=10, dataweave="mapObject", of_null=None)
def map_keys(mapping: Any, change: Key) -> dict[str, Any]:
    """The map with each key replaced by the expression's value for it; the last one is kept if two become one.

    map_keys({a: 'x', b: 'y'}, &upper(@)) → {"A": "x", "B": "y"}
    """
    return {_text("map_keys", change(key)): value for key, value in mapping.items()}


def count_key(key: str, function: str) -> None:
    """Count a long key: finding it takes a comparison."""
    if len(key) > LONG:
        spend(len(key) // LONG, f"{function}()")


def _text(name: str, key: Any) -> str:
    if not isinstance(key, str):
        raise EvaluationError(f"{name}() makes keys that are strings, not {type_name(key)}")
    return key


@function("object", "expression", steps=20, each=10, dataweave="filterObject", of_null=None)
def filter_keys(mapping: Any, wanted: Key) -> dict[str, Any]:
    """The entries with a key for which the expression is true.

    filter_keys({id: 'x', _rev: 'y'}, &!starts_with(@, '_')) → {"id": "x"}
    """
    return {key: value for key, value in mapping.items() if truth(wanted(key))}


@function("object", "array[string]", steps=20, each=0, dataweave="filterObject", of_null=None)
def pick(mapping: Any, names: list[str]) -> dict[str, Any]:
    """The entries of these keys, in the order of the keys; one that the map lacks is left out.

    pick({id: 'x', name: 'y'}, ['id', 'price']) → {"id": "x"}
    """
    spend(PER_NAME * len(names), "pick()")
    return {name: mapping[name] for name in names if name in mapping}


@function("object", "array[string]", steps=30, each=10, dataweave="-, --", of_null=None)
def omit(mapping: Any, names: list[str]) -> dict[str, Any]:
    """The map without the entries of these keys.

    omit({id: 'x', name: 'y'}, ['name', 'price']) → {"id": "x"}
    """
    left_out = set(names)
    return {key: value for key, value in mapping.items() if key not in left_out}


@function("object", "object", steps=30, each=10, dataweave="mapObject", of_null=None)
def rename(mapping: Any, names: Any) -> dict[str, Any]:
    """The map with other keys: the second map has the new name of an old one. The order stays.

    If a new name is that of another entry, the later entry is kept.

    rename({id: 'x', nm: 'y'}, {nm: 'name'}) → {"id": "x", "name": "y"}
    """
    new = {old: _text("rename", name) for old, name in names.items()}
    return {new.get(key, key): value for key, value in mapping.items()}
