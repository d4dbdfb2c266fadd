"""JSON Schemas of partly known values: of one value, and of the common properties of several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

Schema = Mapping[str, Any]

OPEN: Schema = {}
"""The schema of a value about which nothing is known."""

NULL: Schema = {"const": None}
NOT_NULL: Schema = {"not": {"type": "null"}}
TEXT: Schema = {"type": "string"}
TRUTH: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}

STREAM = "x-stream"
"""Marks the schema of a list whose elements come one after another."""

MOST_VALUES = 16
"""How many single values a schema lists before it gives only their types."""
MOST_ALTERNATIVES = 8

TYPE_NAMES = ("object", "array", "string", "number", "boolean", "null")
TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


def of_value(value: Any) -> Schema:
    """Return the schema that a literal satisfies."""
    if isinstance(value, Mapping):
        return of_map({str(name): of_value(inner) for name, inner in value.items()})
    if isinstance(value, (list, tuple)):
        return of_list(of_value(each) for each in value)
    kind = TYPES.get(type(value)) or next((TYPES[each] for each in (str, int, float) if isinstance(value, each)), None)
    return {"const": value} if kind else OPEN


def of_map(properties: Mapping[str, Schema]) -> Schema:
    """Return the schema of a map with just these entries."""
    return {"type": "object", "properties": dict(properties), "required": list(properties)}


def of_list(items: Iterable[Schema]) -> Schema:
    """Return the schema of a list of some of these elements."""
    alternatives = list(items)
    if not alternatives:
        return {"type": "array", "maxItems": 0}
    inner = joined(alternatives)
    return {"type": "array", "items": inner} if inner else {"type": "array"}


def values_of(schema: Schema) -> list[Any] | None:
    """Return the single values that a schema allows; None if they are not known."""
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")


def types_of(schema: Schema) -> list[str]:
    """Return the types that a schema allows; none if they are not known."""
    values = values_of(schema)
    if values is not None:
        return list(dict.fromkeys(TYPES[type(value)] for value in values))
    found = schema.get("type", [])
    return [found] if isinstance(found, str) else list(found)


def entry(schema: Schema, name: str) -> Schema:
    """Return the schema of an entry of a map; a map that was built has no other entries than those that are known."""
    if "properties" not in schema:
        return OPEN
    found: Schema = schema["properties"].get(name, NULL)
    return found if name in schema.get("required", ()) or found == NULL else joined([found, NULL])


def joined(schemas: Iterable[Schema]) -> Schema:
    """Return a schema that every value satisfies that satisfies one of them."""
    return reduce(_join, schemas)


def _join(one: Schema, other: Schema) -> Schema:
    if one == other:
        return one
    if not one or not other:
        return OPEN
    first, second = values_of(one), values_of(other)
    if first is not None and second is not None:
        return _of_values([*first, *(value for value in second if not _holds(first, value))])
    kinds, others = types_of(one), types_of(other)
    if kinds == others == ["object"]:
        return _join_maps(one, other)
    if kinds == others == ["array"]:
        return _join_lists(one, other)
    if {*kinds, *others} <= set(TYPES.values()) and kinds and others:
        return _of_types([*kinds, *others])
    return _alternatives(one, other)


def _holds(values: list[Any], value: Any) -> bool:
    return any(each == value and type(each) is type(value) for each in values)


def _of_values(values: list[Any]) -> Schema:
    if len(values) <= MOST_VALUES:
        return {"enum": values}
    return _of_types([TYPES[type(value)] for value in values])


def _of_types(kinds: list[str]) -> Schema:
    """Return a schema of types without single values; a number may be a whole one."""
    kinds = list(dict.fromkeys(kinds))
    if "number" in kinds and "integer" in kinds:
        kinds.remove("integer")
    return {"type": kinds[0] if len(kinds) == 1 else kinds}


def _join_maps(one: Schema, other: Schema) -> Schema:
    if "properties" not in one or "properties" not in other:
        return {"type": "object"}
    first, second = one["properties"], other["properties"]
    names = [*first, *(name for name in second if name not in first)]
    required = [name for name in one["required"] if name in other["required"]]
    properties = {name: joined(each[name] for each in (first, second) if name in each) for name in names}
    return {"type": "object", "properties": properties, "required": required}


def _join_lists(one: Schema, other: Schema) -> Schema:
    if one.get("maxItems") == 0:
        return other
    if other.get("maxItems") == 0:
        return one
    items = _join(one.get("items", OPEN), other.get("items", OPEN))
    return {"type": "array", "items": items} if items else {"type": "array"}


def _alternatives(one: Schema, other: Schema) -> Schema:
    alternatives = list(one.get("anyOf", [one]))
    for each in other.get("anyOf", [other]):
        twin = next((at for at, known in enumerate(alternatives) if _is_like(known, each)), None)
        if twin is None:
            alternatives.append(each)
        else:
            alternatives[twin] = _join(alternatives[twin], each)
    return {"anyOf": alternatives} if len(alternatives) <= MOST_ALTERNATIVES else OPEN


def _is_like(one: Schema, other: Schema) -> bool:
    """Return whether both are maps, or both lists, which are merged."""
    return types_of(one) == types_of(other) and types_of(one) in (["object"], ["array"])
