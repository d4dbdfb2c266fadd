"""How parameters are written, by their annotations: the word of manuals, and a JSON Schema for editors and tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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


Notes = Callable[[type[Parameters]], Mapping[str, JsonSchema]]
"""Returns what the schemas of a class's parameters say in addition, by their fields: descriptions."""


def no_notes(cls: type[Parameters]) -> Mapping[str, JsonSchema]:
    return {}


def kind_of(field: FieldInfo, notes: Notes = no_notes) -> Described:
    """Return how a parameter is written."""
    return _Reader(notes).annotated(field.annotation, field.metadata)


def schema_of(cls: type[Parameters], notes: Notes = no_notes) -> JsonSchema:
    """Return the schema of the map of parameters that a class takes, those of its parameters inside."""
    fields: dict[str, FieldInfo] = cls.__pydantic_fields__  # type: ignore[attr-defined]  # pydantic adds it
    own = notes(cls)
    return typed(
        "object",
        properties={
            key: {**kind_of(field, notes).schema, **own.get(name, {})}
            for name, field in fields.items()
            for key in _keys(name, field)
        },
        required=[field.alias or name for name, field in fields.items() if field.is_required()],
        additionalProperties=False,
    )


def _keys(name: str, field: FieldInfo) -> Iterable[Any]:
    """Return the names that a parameter has in a file."""
    alias = field.validation_alias
    return alias.choices if isinstance(alias, AliasChoices) else (field.alias or name,)


class _Reader:
    """Reads annotations. notes: for the parameters inside of parameters."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    def annotated(self, annotation: Any, metadata: Iterable[Any]) -> Described:
        """Return the kind that the metadata say, otherwise that of the type, within their bounds."""
        flat = list(_flat(metadata))
        if described := next((each for each in reversed(flat) if isinstance(each, Described)), None):
            return Kind(described.word, {**described.schema, **_bounds(flat)})
        kind = self._of_type(annotation)
        return Kind(kind.word, {**kind.schema, **_bounds(flat)})

    def _of_type(self, annotation: Any) -> Described:
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            return self.annotated(arguments[0], arguments[1:])
        if origin is Literal:
            others = typed("string", pattern=PLACEHOLDER)
            return Kind(" | ".join(map(str, arguments)), {"anyOf": [{"enum": list(arguments)}, others]})
        if origin in (Union, UnionType):
            return _union([self._of_type(each) for each in arguments])
        if origin is dict:
            return Kind(MAP.word, {**MAP.schema, "additionalProperties": self._of_type(arguments[1]).schema})
        if origin in PLAIN:
            return Kind(LIST.word, {**LIST.schema, "items": self._of_type(arguments[0]).schema})
        if isinstance(annotation, Described):
            return annotation
        if isclass(annotation) and issubclass(annotation, Parameters):
            return Kind(MAP.word, schema_of(annotation, self._notes))
        return PLAIN.get(annotation, UNKNOWN)


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


def _union(kinds: list[Described]) -> Kind:
    words = dict.fromkeys(kind.word for kind in kinds if kind.word)
    return Kind(" or ".join(words), united([kind.schema for kind in kinds]))


def united(schemas: list[JsonSchema]) -> JsonSchema:
    """Return the schema of the values of any of these: without `anyOf`, which editors tell badly, if one can say it."""
    if not all(schemas):
        return ANY_VALUE
    types = [kind for schema in schemas for kind in schema.get("type", ())]
    keywords = [key for schema in schemas for key in schema if key != "type"]
    is_one = all("type" in schema for schema in schemas) and len({*types, *keywords}) == len(types + keywords)
    if is_one:
        return {key: value for schema in schemas for key, value in schema.items()} | {"type": types}
    return {"anyOf": [each for schema in schemas for each in (schema["anyOf"] if [*schema] == ["anyOf"] else [schema])]}
