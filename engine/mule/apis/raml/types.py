"""RAML's types as JSON Schema."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from engine.mule.apis.raml.scopes import Scope

BUILT_IN: dict[str, dict[str, Any]] = {
    "any": {},
    "object": {"type": "object"},
    "array": {"type": "array"},
    "string": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "nil": {"type": "null"},
    "null": {"type": "null"},
    "file": {},
    "date-only": {"type": "string", "format": "date"},
    "time-only": {"type": "string"},
    "datetime-only": {"type": "string"},
    "datetime": {"type": "string", "format": "date-time"},
    "date": {"type": "string"},
}
FACETS = (
    "minLength", "maxLength", "pattern", "minimum", "maximum", "multipleOf", "minItems", "maxItems", "uniqueItems",
    "minProperties", "maxProperties", "default", "description", "enum",
)  # fmt: skip
OTHERS = {"displayName": "title", "example": "example"}
NAME = re.compile(r"[^A-Za-z0-9._-]")


class Types:
    """Makes schemas of types. schemas: those of named types, as OpenAPI's components."""

    def __init__(self) -> None:
        self.schemas: dict[str, Any] = {}

    def schema(self, value: Any, scope: Scope) -> dict[str, Any]:
        """Return the schema of a type: an expression, or a declaration."""
        if value is None:
            return {}
        if isinstance(value, str):
            return self._expression(value.strip(), scope)
        if isinstance(value, list):
            return self._all([self.schema(each, scope) for each in value])
        return self._declared(value, scope) if isinstance(value, Mapping) else {}

    def _all(self, schemas: list[dict[str, Any]]) -> dict[str, Any]:
        return schemas[0] if len(schemas) == 1 else {"allOf": schemas}

    def _expression(self, text: str, scope: Scope) -> dict[str, Any]:
        if text.startswith(("{", "<")):
            return _json_schema(text)
        if len(parts := _split(text, "|")) > 1:
            return _union([self._expression(part.strip(), scope) for part in parts])
        if text.endswith("[]"):
            return {"type": "array", "items": self._expression(text[:-2].strip(), scope)}
        if text.startswith("(") and text.endswith(")"):
            return self._expression(text[1:-1].strip(), scope)
        if text in BUILT_IN:
            return dict(BUILT_IN[text])
        return self._named(text, scope)

    def _named(self, name: str, scope: Scope) -> dict[str, Any]:
        found = scope.find("types", name)
        if found is None:
            return {}
        value, own = found
        key = NAME.sub("_", f"{own.path}{name.rpartition('.')[2]}")
        if key not in self.schemas:
            self.schemas[key] = {}
            self.schemas[key] = self.schema(value, own)
        return {"$ref": f"#/components/schemas/{key}"}

    def _declared(self, value: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
        base = value.get("type", value.get("schema"))
        if base is None:
            base = "object" if "properties" in value else "array" if "items" in value else "string"
        schema = self.schema(base, scope)
        own = {facet: value[facet] for facet in FACETS if facet in value}
        if "properties" in value:
            own |= self._properties(value["properties"] or {}, scope)
        if value.get("additionalProperties") is False:
            own["additionalProperties"] = False
        if "items" in value:
            own["items"] = self.schema(value["items"], scope)
        if isinstance(own.get("pattern"), str):
            own["pattern"] = own["pattern"].strip("/") if own["pattern"].startswith("/") else own["pattern"]
        if "$ref" in schema or "allOf" in schema:
            return {"allOf": [schema, own]} if own else schema
        return {**schema, **own}

    def _properties(self, properties: Any, scope: Scope) -> dict[str, Any]:
        found: dict[str, Any] = {"type": "object", "properties": {}}
        required = []
        for name, value in properties.items() if isinstance(properties, Mapping) else ():
            plain, is_required = property_of(str(name), value)
            if len(plain) > 1 and plain.startswith("/") and plain.endswith("/"):
                found.setdefault("patternProperties", {})[plain[1:-1]] = self.schema(value, scope)
                continue
            found["properties"][plain] = self.schema(value if value is not None else "string", scope)
            required += [plain] if is_required else []
        return {**found, "required": required} if required else found


def property_of(name: str, value: Any) -> tuple[str, bool]:
    """Return the name of a property or parameter, and whether it is required."""
    if isinstance(value, Mapping) and isinstance(value.get("required"), bool):
        return name.removesuffix("?"), value["required"]
    return name.removesuffix("?"), not name.endswith("?")


def _json_schema(text: str) -> dict[str, Any]:
    """Return a schema that is written in JSON; an empty one for XML, and for one that leads elsewhere."""
    try:
        schema = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(schema, dict) or '"$ref"' in text:
        return {}
    return {name: value for name, value in schema.items() if name not in ("$schema", "id", "$id")}


def _split(text: str, separator: str) -> list[str]:
    """Split at a sign outside of parentheses."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == separator and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]


def _union(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    plain = [each.get("type") for each in schemas if each.keys() == {"type"}]
    return {"type": plain} if len(plain) == len(schemas) else {"anyOf": schemas}
