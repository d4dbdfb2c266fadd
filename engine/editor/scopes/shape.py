"""The known shape of a value, for those who write an expression: JSON Schemas, all of which may be true."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from engine.expressions.schemas import TYPES, Schema, types_of
from engine.values.telling import is_telling

MOST_PARTS = 40
DEEPEST = 12
"""How many references and alternatives are followed inside each other."""
MOST_ITEMS = 5
"""How many items of an example are looked at."""
LONGEST_EXAMPLE = 40
TOGETHER = ("allOf", "anyOf", "oneOf")
AROUND = ("then", "else")


@dataclass(frozen=True)
class Part:
    """A schema, and the document in which its references lead on."""

    schema: Schema
    document: Mapping[str, Any]


@dataclass(frozen=True)
class Shape:
    """What is known of a value; nothing, if there are no parts."""

    parts: tuple[Part, ...] = ()

    @classmethod
    def of(cls, schema: Any, document: Mapping[str, Any] | None = None) -> Shape:
        """Return the shape of a schema. document: that to whose parts it refers, itself if left out."""
        if not isinstance(schema, Mapping) or not schema:
            return UNKNOWN
        return cls((Part(schema, schema if document is None else document),))

    @classmethod
    def of_entries(cls, entries: Mapping[str, Shape]) -> Shape:
        """Return the shape of a map of these."""
        return cls((Part({"type": "object", "properties": dict(entries)}, {}),))

    @classmethod
    def of_items(cls, item: Shape) -> Shape:
        """Return the shape of a list of these."""
        return cls((Part({"type": "array", "items": item}, {}),))

    def __bool__(self) -> bool:
        return bool(self.parts)

    def __or__(self, other: Shape) -> Shape:
        return Shape(tuple({id(part.schema): part for part in (*self.parts, *other.parts)}.values())[:MOST_PARTS])

    def _flat(self) -> list[Part]:
        """Return the schemas that hold or may hold, references followed."""
        found: list[Part] = []
        for part in self.parts:
            _collect(part.schema, part.document, found, 0)
        return found

    def members(self) -> dict[str, Shape]:
        """Return the entries of the value, if it is a map, by their names."""
        found: dict[str, Shape] = {}
        for part in self._flat():
            properties = part.schema.get("properties")
            for name, inner in properties.items() if isinstance(properties, Mapping) else ():
                found[str(name)] = found.get(str(name), UNKNOWN) | _inner(inner, part.document)
        return found

    def member(self, name: str) -> Shape:
        return self.members().get(name, UNKNOWN)

    def items(self) -> Shape:
        """Return the shape of the items of the value, if it is a list."""
        return _joined(self._items())

    def _items(self) -> Iterator[Shape]:
        for part in self._flat():
            for keyword in ("items", "prefixItems"):
                inner = part.schema.get(keyword)
                several = inner if isinstance(inner, list) else [inner]
                yield from (_inner(each, part.document) for each in several if isinstance(each, (Mapping, Shape)))

    def values(self) -> Shape:
        """Return the shape of the values of the map."""
        return _joined(self.members().values())

    @property
    def word(self) -> str:
        """Its types, in a few words; empty if they are not known."""
        found = dict.fromkeys(word for part in self._flat() for word in _words(part.schema))
        if len(found) > 1:
            found.pop("null", None)
        return " or ".join(list(found)[:3])

    @property
    def example(self) -> str:
        """A value as JSON; empty if none is known."""
        found = (value for part in self._flat() for value in _examples(part.schema))
        value = next(found, None)
        if value is None:
            return ""
        text = json.dumps(value, ensure_ascii=False, default=str)
        return text if len(text) <= LONGEST_EXAMPLE else text[: LONGEST_EXAMPLE - 1] + "…"

    @property
    def title(self) -> str:
        """What the schema says of it."""
        told = (part.schema.get(word) for part in self._flat() for word in ("description", "title"))
        return next((text for text in told if isinstance(text, str)), "")

    @property
    def told(self) -> str:
        """Its type, and an example."""
        return " · ".join(filter(None, (self.word, self.example)))

    def told_as(self, name: str) -> str:
        """Return its type, with an example if the name is not one of secrets."""
        return self.word if is_telling(name) else self.told


UNKNOWN = Shape()


def of_example(value: Any, depth: int = 0) -> Schema:
    """Return the schema of an example, whose values stay visible in it; of a list, its first items."""
    if isinstance(value, Mapping):
        if depth > DEEPEST:
            return {"type": "object"}
        return {"type": "object", "properties": {str(key): of_example(each, depth + 1) for key, each in value.items()}}
    if isinstance(value, (list, tuple)):
        items = [of_example(each, depth + 1) for each in value[:MOST_ITEMS]] if depth <= DEEPEST else []
        return {"type": "array", "items": {"anyOf": items}} if items else {"type": "array"}
    if isinstance(value, str):
        return {"const": str(value)}  # without the place that a text of a file has
    return {"const": value} if type(value) in TYPES else {}


def _collect(schema: Any, document: Mapping[str, Any], found: list[Part], depth: int) -> None:
    if isinstance(schema, Shape):
        for part in schema.parts:
            _collect(part.schema, part.document, found, depth + 1)
    elif isinstance(schema, Mapping) and depth < DEEPEST and len(found) < MOST_PARTS:
        found.append(Part(schema, document))
        if isinstance(schema.get("$ref"), str):
            _collect(_target(schema["$ref"], document), document, found, depth + 1)
        for keyword in TOGETHER:
            for each in schema[keyword] if isinstance(schema.get(keyword), list) else ():
                _collect(each, document, found, depth + 1)
        for keyword in AROUND:
            _collect(schema.get(keyword), document, found, depth + 1)


def _target(reference: str, document: Mapping[str, Any]) -> Any:
    """Return what a reference within its document leads to; None if it leads elsewhere."""
    at: Any = document if reference.startswith("#") else None
    for name in unquote(reference).removeprefix("#").strip("/").split("/"):
        if name:
            at = at.get(name.replace("~1", "/").replace("~0", "~")) if isinstance(at, Mapping) else None
    return at


def _inner(schema: Any, document: Mapping[str, Any]) -> Shape:
    return schema if isinstance(schema, Shape) else Shape.of(schema, document)


def _joined(shapes: Iterable[Shape]) -> Shape:
    found = UNKNOWN
    for each in shapes:
        found = found | each
    return found


def _words(schema: Schema) -> list[str]:
    try:
        kinds = types_of(schema)
    except (KeyError, TypeError):  # a value that JSON does not have
        return []
    kinds = kinds or (["object"] if "properties" in schema else ["array"] if "items" in schema else [])
    return [f"{kind} ({schema['format']})" if kind == "string" and "format" in schema else kind for kind in kinds]


def _examples(schema: Schema) -> Iterator[Any]:
    for keyword in ("const", "example", "default"):
        if schema.get(keyword) is not None:
            yield schema[keyword]
    for keyword in ("examples", "enum"):
        if isinstance(schema.get(keyword), list):
            yield from (each for each in schema[keyword] if each is not None)
