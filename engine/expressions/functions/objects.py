"""Functions over maps."""

from __future__ import annotations

from typing import Any

from engine.expressions.functions.function import function


@function("object")
def keys(mapping: Any) -> list[Any]:
    """The keys of a map, in order.

    keys({a: 'x', b: 'y'}) → ["a", "b"]
    """
    return list(mapping.keys())


@function("object")
def values(mapping: Any) -> list[Any]:
    """The values of a map, in order.

    values({a: 'x', b: 'y'}) → ["x", "y"]
    """
    return list(mapping.values())


@function("...object")
def merge(*mappings: Any) -> dict[str, Any]:
    """One map of all; of a key that several have, the last value holds.

    merge({a: 'x'}, {b: 'y'}) → {"a": "x", "b": "y"}
    """
    merged: dict[str, Any] = {}
    for mapping in mappings:
        merged.update(mapping)
    return merged
