"""How parameters are written, by their annotations: the word of manuals, and a JSON Schema for editors and tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from inspect import isclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from engine.parameters.element import Parameters
from engine.parameters.validated import ANY_VALUE, PLACEHOLDER, TEXT, Described, JsonSchema, Kind, scalar, typed

LIST, MAP = Kind("list", typed("array")), Kind("map", typed("object"))
PLAIN: dict[Any, Kind] = {
    str: Kind("text", TEXT),
    int: Kind("whole number", scalar("integer", "[+-]?[0-9]+")),
    bool: Kind("true or false", scalar("boolean", "true|false")),
    Path: Kind("path", TEXT),
    NoneType: Kind("", typed("null")),
    list: LIST,
    tuple: LIST,
    frozenset: LIST,
    dict: MAP,
}
"""The types that are Python's own."""

UNKNOWN = Kind("value", ANY_VALUE)

BOUNDS = {
    "ge": ("minimum",),
    "gt": ("exclusiveMinimum",),
    "le": ("maximum",),
    "lt": ("exclusiveMaximum",),
    "min_length": ("minLength", "minItems"),
    "max_length": ("maxLength", "maxItems"),
}
"""The keywords of pydantic's constraints. Each counts for values of its own types only."""


def kind_of(field: FieldInfo) -> Described:
    """Return how a parameter is written."""
    return _annotated(field.annotation, field.metadata)


def schema_of(cls: type[Parameters]) -> JsonSchema:
    """Return the schema of the map of parameters that a class takes."""
    fields: dict[str, FieldInfo] = cls.__pydantic_fields__  # type: ignore[attr-defined]  # pydantic adds it
    return typed(
        "object",
        properties={key: kind_of(field).schema for name, field in fields.items() for key in _keys(name, field)},
        required=[field.alias or name for name, field in fields.items() if field.is_required()],
        additionalProperties=False,
    )


def _keys(name: str, field: FieldInfo) -> Iterable[Any]:
    """Return the names that a parameter has in a file."""
    alias = field.validation_alias
    return alias.choices if isinstance(alias, AliasChoices) else (field.alias or name,)


def _annotated(annotation: Any, metadata: Iterable[Any]) -> Described:
    """Return the kind that the metadata say; otherwise that of the type, within their bounds."""
    flat = list(_flat(metadata))
    if described := next((each for each in flat if isinstance(each, Described)), None):
        return described
    kind = _of_type(annotation)
    return Kind(kind.word, {**kind.schema, **_bounds(flat)})


def _flat(metadata: Iterable[Any]) -> Iterator[Any]:
    for each in metadata:
        yield from each.metadata if isinstance(each, FieldInfo) else (each,)


def _bounds(metadata: Iterable[Any]) -> JsonSchema:
    return {
        keyword: getattr(each, name)
        for each in metadata
        for name, keywords in BOUNDS.items()
        if hasattr(each, name)
        for keyword in keywords
    }


def _of_type(annotation: Any) -> Described:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _annotated(arguments[0], arguments[1:])
    if origin is Literal:
        others = typed("string", pattern=PLACEHOLDER)
        return Kind(" | ".join(map(str, arguments)), {"anyOf": [{"enum": list(arguments)}, others]})
    if origin in (Union, UnionType):
        return _union([_of_type(each) for each in arguments])
    if origin is dict:
        return Kind(MAP.word, {**MAP.schema, "additionalProperties": _of_type(arguments[1]).schema})
    if origin in PLAIN:
        return Kind(LIST.word, {**LIST.schema, "items": _of_type(arguments[0]).schema})
    if isinstance(annotation, Described):
        return annotation
    if isclass(annotation) and issubclass(annotation, Parameters):
        return Kind(MAP.word, schema_of(annotation))
    return PLAIN.get(annotation, UNKNOWN)


def _union(kinds: list[Described]) -> Kind:
    words = dict.fromkeys(kind.word for kind in kinds if kind.word)
    return Kind(" or ".join(words), {"anyOf": [kind.schema for kind in kinds]})
