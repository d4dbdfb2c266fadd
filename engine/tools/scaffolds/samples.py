"""Examples from an OpenAPI document: its own, or values that its schemas allow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.expressions.digits import is_digits
from engine.values.media import is_json

DEEPEST = 8
"""How deep schemas may be nested; a deeper value is null."""

TEXTS = {
    "date": "2024-01-31", "date-time": "2024-01-31T12:00:00Z", "time": "12:00:00Z", "email": "ada@example.org",
    "uuid": "00000000-0000-4000-8000-000000000000", "uri": "https://example.org", "ipv4": "192.0.2.1",
}  # fmt: skip


class Samples:
    """The examples of one document; references lead to places inside it."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def resolved(self, value: Any) -> Any:
        """Return the target of a reference; None if there is none."""
        for _ in range(DEEPEST):
            if not isinstance(value, dict) or not isinstance(value.get("$ref"), str):
                return value
            found: Any = self._document
            for part in value["$ref"].removeprefix("#/").split("/"):
                found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
            value = found
        return None

    def answer(self, operation: Mapping[str, Any]) -> tuple[int, str, Any]:
        """Return status, media type and body of an operation's first success; without one, 200 and nothing."""
        responses = self._map(operation.get("responses"))
        successes = sorted(str(status) for status in responses if str(status).startswith("2"))
        by_text = {str(status): response for status, response in responses.items()}
        status = successes[0] if successes else "default"
        content = self._map(self._map(by_text.get(status)).get("content"))
        media_type = next((name for name in content if is_json(name)), next(iter(content), ""))
        number = int(status) if is_digits(status) else 200
        return number, media_type, self.of_content(self._map(content.get(media_type))) if content else None

    def _map(self, value: Any) -> Mapping[str, Any]:
        found = self.resolved(value)
        return found if isinstance(found, dict) else {}

    def of_content(self, content: Mapping[str, Any]) -> Any:
        """Return the example of a body or a parameter, or a value of its schema if there is none."""
        if "example" in content:
            return content["example"]
        for each in self._map(content.get("examples")).values():
            if "value" in (example := self._map(each)):
                return example["value"]
        return self.of(content.get("schema"))

    def of(self, schema: Any, depth: int = 0) -> Any:
        """Return a value of a schema."""
        schema = self._map(schema)
        for key in ("example", "const", "default"):
            if key in schema:
                return schema[key]
        if isinstance(listed := schema.get("examples") or schema.get("enum"), list):
            return listed[0]
        if depth == DEEPEST:
            return None
        if isinstance(parts := schema.get("allOf"), list):
            values = [self.of(part, depth + 1) for part in parts]
            return {name: each for value in values if isinstance(value, dict) for name, each in value.items()}
        alternatives = schema.get("oneOf") or schema.get("anyOf")
        if isinstance(alternatives, list) and alternatives:
            return self.of(alternatives[0], depth + 1)
        return self._of_type(schema, depth)

    def _of_type(self, schema: Mapping[str, Any], depth: int) -> Any:
        kind = schema.get("type", "object" if "properties" in schema else None)
        kind = kind[0] if isinstance(kind, list) and kind else kind
        if kind == "object":
            properties = self._map(schema.get("properties"))
            return {name: self.of(each, depth + 1) for name, each in properties.items()}
        if kind == "array":
            return [self.of(schema["items"], depth + 1)] if "items" in schema else []
        if kind == "string":
            return TEXTS.get(schema.get("format", ""), "text")
        return {"integer": schema.get("minimum", 0), "number": schema.get("minimum", 0), "boolean": True}.get(str(kind))
