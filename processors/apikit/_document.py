"""An OpenAPI 3.x file, with the places of its mistakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self
from urllib.parse import quote, unquote

from engine import Mistake, refuse, shown
from engine.connectors import Document, Resource, as_data
from engine.limits import DEEPEST_REFERENCES
from processors.json._schema import Schema

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class ApiDocument:
    """The data of the file. Mistakes are noted, so that all are reported together.

    plain: the data without places, converted to OpenAPI 3.1.
    """

    def __init__(self, name: str, root: Any, start: Any = None) -> None:
        """root: the data, which knows its places; start: the beginning of the file."""
        self.name = name
        self.mistakes: list[Mistake] = []
        self.root = root
        self._check_head(start)
        if self.mistakes:
            refuse(self.mistakes)
        self.plain = _as_2020(as_data(self.root)) if self._is_old else as_data(self.root)

    @classmethod
    def of_file(cls, file: Resource) -> Self:
        start: Any = file.place_at(0)
        document = Document(start.file if start else file.name, file.text)
        if document.mistakes:
            refuse(document.mistakes)
        return cls(file.name, document.data, document.start())

    @property
    def _is_old(self) -> bool:
        return str(self.root["openapi"]).startswith("3.0")

    def _check_head(self, start: Any) -> None:
        root = self.root
        if not _is_map(root) or not str(root.get("openapi", "")).startswith("3."):
            place = getattr(root, "place", start)
            self.note(f"no OpenAPI 3 in {self.name}", "openapi: 3.1.0, or another 3.x, at its top", place)
        elif not _is_map(root.get("paths")):
            self.note("no map under 'paths'", "paths: a map of paths", root.place)

    def note(self, found: str, expected: str, place: Any) -> None:
        self.mistakes.append(Mistake("F303", found, expected, "", place))

    def resolved(self, value: Any, place: Any) -> Any:
        """Follow the references of a value. Return None, with the mistake noted, if they lead to nothing."""
        for _ in range(DEEPEST_REFERENCES):
            if not _is_map(value) or "$ref" not in value:
                return value
            found = self._pointed(value["$ref"])
            if found is None:
                where = value.places["$ref"][1]
                self.note(f"{shown(value['$ref'])}, which leads to nothing", "a '#/…' that is in this file", where)
                return None
            value = found
        self.note("a reference that leads to itself", "what it stands for", place)
        return None

    def where(self, value: Any, at: tuple[str, ...]) -> tuple[str, ...]:
        """Return the path of a value: its own, or the one at the end of its references."""
        for _ in range(DEEPEST_REFERENCES):
            if not _is_map(value) or not isinstance(value.get("$ref"), str):
                break
            at = pointed(value["$ref"])
            value = self._pointed(value["$ref"])
        return at

    def _pointed(self, reference: Any) -> Any:
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return None
        value = self.root
        for part in pointed(reference):
            value = value.get(part) if _is_map(value) else None
        return value

    def map_in(self, holder: Any, key: str) -> Any:
        """Return the map under a key, references followed, or an empty one if there is none."""
        value = holder.get(key)
        if value is None:
            return {}
        value = self.resolved(value, holder.places[key][1])
        if value is not None and not _is_map(value):
            self.note(f"{shown(value)} under '{key}'", "a map", holder.places[key][1])
        return value if _is_map(value) else {}

    def list_in(self, holder: Any, key: str) -> Iterator[tuple[Any, Any]]:
        """Yield the maps of a list under a key, references followed, each with its place."""
        value: Any = holder.get(key)
        if value is None:
            return
        if not _is_list(value):
            self.note(f"{shown(value)} under '{key}'", "a list", holder.places[key][1])
            return
        for each, place in zip(value, value.places, strict=True):
            found = self.resolved(each, place)
            if _is_map(found):
                yield found, place
            elif found is not None:
                self.note(f"{shown(found)} under '{key}'", "a map", place)

    def schema(self, holder: Any, path: tuple[str, ...]) -> Schema | None:
        """Return the schema under `schema` of the value at a path of the file, or None if there is none."""
        if "schema" not in holder:
            return None
        pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in (*path, "schema"))
        try:
            return Schema.of({**self.plain, "$ref": f"#/{quote(pointer)}"})
        except ValueError as error:
            self.note(f"a schema that is none: {error}", "a JSON Schema", holder.places["schema"][1])
            return None


def pointed(reference: str) -> tuple[str, ...]:
    """Split a reference such as `#/paths/~1orders~1%7Bid%7D/get`: a JSON Pointer as part of a URI (RFC 6901)."""
    return tuple(unquote(part).replace("~1", "/").replace("~0", "~") for part in reference[2:].split("/"))


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _as_2020(value: Any) -> Any:
    """Convert schemas of OpenAPI 3.0 to draft 2020-12: nullable, and exclusive bounds that were true or false."""
    if isinstance(value, list):
        return [_as_2020(each) for each in value]
    if not isinstance(value, dict):
        return value
    new = {key: _as_2020(each) for key, each in value.items()}
    if new.pop("nullable", None) is True and isinstance(new.get("type"), str):
        new["type"] = [new["type"], "null"]
        if "enum" in new:
            new["enum"] = [*new["enum"], None]
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(new.get(exclusive), bool):
            is_exclusive = new.pop(exclusive)
            if is_exclusive and bound in new:
                new[exclusive] = new.pop(bound)
    return new
