"""Turns RAML's types into JSON Schema (RAML 1.0, Types)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.mule.raml.reading import JsonMap

Schema = dict[str, Any]

SCALARS: Mapping[str, Schema] = {
    "any": {},
    "string": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "object": {"type": "object"},
    "array": {"type": "array"},
    "nil": {"type": "null"},
    "null": {"type": "null"},
    "file": {"type": "string", "format": "binary"},
    "date": {"type": "string"},
    "date-only": {"type": "string", "format": "date"},
    "time-only": {"type": "string", "pattern": r"^\d{2}:\d{2}:\d{2}(\.\d+)?$"},
    "datetime-only": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?$"},
    "datetime": {"type": "string", "format": "date-time"},
}
FACETS = (
    "description", "default", "enum", "minLength", "maxLength", "pattern", "minimum", "maximum", "multipleOf",
    "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
)  # fmt: skip
"""What JSON Schema has under the same name."""
PASSED_OVER = frozenset({
    "type", "schema", "properties", "items", "required", "displayName", "additionalProperties", "example", "examples",
    "format", "discriminator", "discriminatorValue", "xml", "facets", "fileTypes", "allowedTargets", "repeat", "uses",
    "usage",
})  # fmt: skip
"""What is read elsewhere, or has no say in what is valid."""
RFC_2616 = "rfc2616"

Tell = Callable[[str], None]


class Schemas:
    """The types of an API. names: those that are declared, with their declarations. tell: gets what is lost."""

    def __init__(self, names: Mapping[str, Any], tell: Tell) -> None:
        self._names = names
        self._tell = tell
        self._xsd_told = False
        self._schemas: dict[str, Schema] = {}

    def components(self) -> dict[str, Schema]:
        """Return the schemas of all declared types, and the JSON Schemas that refer to themselves."""
        declared = {name: self.schema(declaration) for name, declaration in self._names.items()}
        return declared | self._schemas

    def schema(self, declaration: Any) -> Schema:
        """Return the schema of a type declaration: a name or expression, a map of facets, or the text of a schema."""
        if declaration is None:
            return {"type": "string"}
        if isinstance(declaration, str):
            return self._of_text(declaration)
        if isinstance(declaration, list):
            return self._all_of([self.schema(each) for each in declaration])
        if not isinstance(declaration, dict):
            return {"const": declaration}
        if isinstance(declaration, JsonMap):
            return self._embedded(declaration)
        return self._of_map(declaration)

    def _of_text(self, text: str) -> Schema:
        stripped = text.strip()
        if stripped[:1] == "{":
            return self._of_json(stripped)
        if stripped[:1] == "<":
            if not self._xsd_told:
                self._tell("an XML schema: bodies of XML are not checked")
            self._xsd_told = True
            return {}
        return self._of_expression(stripped)

    def _of_json(self, text: str) -> Schema:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            return self._embedded(found)
        self._tell("a JSON schema that is not JSON: what it is about is not checked")
        return {}

    def _embedded(self, schema: Mapping[str, Any]) -> Schema:
        """Return a JSON Schema: without the names that it has in the world, its own references in place."""
        own = {name: value for name, value in schema.items() if name not in ("$schema", "id", "$id")}
        if '"$ref"' not in json.dumps(own):
            return own
        place = f"#/components/schemas/schema-{len(self._schemas) + 1}"
        self._schemas[place.rpartition("/")[2]] = _moved(own, place)
        return {"$ref": place}

    # Expressions: A, A[], A | B, (A | B)[], A?

    def _of_expression(self, text: str) -> Schema:
        members = list(_split(text))
        if len(members) > 1:
            return {"anyOf": [self._of_expression(member) for member in members]}
        if text.endswith("[]"):
            return {"type": "array", "items": self._of_expression(text[:-2].strip())}
        if text.endswith("?"):
            return {"anyOf": [self._of_expression(text[:-1].strip()), {"type": "null"}]}
        if text[:1] == "(" and text[-1:] == ")":
            return self._of_expression(text[1:-1].strip())
        return self._of_name(text)

    def _of_name(self, name: str) -> Schema:
        if name in self._names:
            return {"$ref": f"#/components/schemas/{name}"}
        if name in SCALARS:
            return dict(SCALARS[name])
        self._tell(f"the type {name!r}, which is declared nowhere: any value passes")
        return {}

    # Maps of facets

    def _of_map(self, declaration: Mapping[str, Any]) -> Schema:
        base = declaration.get("type", declaration.get("schema"))
        if base is None:
            base = "object" if "properties" in declaration else "array" if "items" in declaration else "string"
        schema = self.schema(base)
        own = self._facets(declaration)
        if declaration.get("format") == RFC_2616:
            schema = {"type": "string"}
        for name in declaration:
            if name not in FACETS and name not in PASSED_OVER and name[:1] != "(":
                self._tell(f"the facet {name!r} of a type")
        return self._all_of([schema, own]) if "$ref" in schema and own else {**schema, **own}

    def _facets(self, declaration: Mapping[str, Any]) -> Schema:
        own: Schema = {name: declaration[name] for name in FACETS if declaration.get(name) is not None}
        if title := declaration.get("displayName"):
            own["title"] = str(title)
        if "items" in declaration:
            own["items"] = self.schema(declaration["items"])
        if isinstance(more := declaration.get("additionalProperties"), bool):
            own["additionalProperties"] = more
        if isinstance(properties := declaration.get("properties"), dict):
            own |= self._properties(properties)
        if isinstance(name := declaration.get("discriminator"), str):
            own["discriminator"] = {"propertyName": name}
        if (example := declaration.get("example")) is not None:
            own["examples"] = [example_of(example)]
        return own

    def _properties(self, properties: Mapping[str, Any]) -> Schema:
        plain: dict[str, Schema] = {}
        patterns: dict[str, Schema] = {}
        required = []
        for written, declaration in properties.items():
            if len(written) > 1 and written[0] == written[-1] == "/":
                patterns[written[1:-1]] = self.schema(declaration)
                continue
            name, is_required = requirement(written, declaration)
            plain[name] = self.schema(declaration)
            required += [name] if is_required else []
        found: Schema = {"properties": plain} if plain else {}
        found |= {"patternProperties": patterns} if patterns else {}
        return found | ({"required": required} if required else {})

    def _all_of(self, schemas: list[Schema]) -> Schema:
        return schemas[0] if len(schemas) == 1 else {"allOf": schemas}


def requirement(written: str, declaration: Any, otherwise: bool = True) -> tuple[str, bool]:
    """Return the name of a property or parameter, and whether it is required: `name?` is not, nor `required: false`.

    otherwise: whether one is that does not say so.
    """
    if isinstance(declaration, dict) and isinstance(stated := declaration.get("required"), bool):
        return written, stated
    return (written[:-1], False) if written.endswith("?") else (written, otherwise)


def example_of(example: Any) -> Any:
    """Return the value of an example: a text of JSON is what it says."""
    if (
        isinstance(example, dict)
        and "value" in example
        and set(example) <= {"value", "strict", "displayName", "description"}
    ):
        example = example["value"]
    if isinstance(example, str) and example.strip()[:1] in ("{", "["):
        try:
            return json.loads(example)
        except (ValueError, RecursionError):
            return example
    return example


def _moved(value: Any, place: str) -> Any:
    """Return a JSON Schema whose references to itself lead to another place."""
    if isinstance(value, list):
        return [_moved(each, place) for each in value]
    if not isinstance(value, dict):
        return value
    moved = {name: _moved(each, place) for name, each in value.items()}
    if isinstance(reference := moved.get("$ref"), str) and reference[:1] == "#":
        moved["$ref"] = f"{place}{reference[1:]}"
    return moved


def _split(text: str) -> Iterator[str]:
    """Yield the members of a union, as far as no bracket is around it."""
    depth, start = 0, 0
    for match in re.finditer(r"[()|]", text):
        if match[0] == "|" and depth == 0:
            yield text[start : match.start()].strip()
            start = match.end()
        depth += {"(": 1, ")": -1}.get(match[0], 0)
    yield text[start:].strip()
