"""Parameters of a request: texts that are converted and checked by their schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine import Event
from engine.connectors import number_in
from processors.json._schema import Schema
from processors.json._violations import summary, violations

PLACES = {"path": "uriParams", "query": "queryParams", "header": "headers"}


class ApiParameter(NamedTuple):
    """A parameter of the path, the query or the headers.

    kind: the type that its schema names; items: the type of the elements of a list.
    """

    name: str
    place: str
    is_required: bool
    kind: str
    items: str
    is_exploded: bool
    schema: Schema | None
    default: Any

    def problems(self, given: Mapping[str, Any], event: Event) -> list[dict[str, str]]:
        """Return the problems of this parameter in a request; given: the parameters of its place."""
        texts = self._texts(given, event)
        if texts is None:
            return [self._problem("required", "must be there")] if self.is_required else []
        if self.schema is None or self.schema.validator.is_valid(value := self._read(texts)):
            return []
        message = summary([{**each, "path": ""} for each in violations(self.schema, value)])
        return [self._problem("schema", message.replace("the whole ", ""))]

    def _problem(self, keyword: str, message: str) -> dict[str, str]:
        return {"path": f"/{PLACES[self.place]}/{self.name}", "keyword": keyword, "message": message}

    def _texts(self, given: Mapping[str, Any], event: Event) -> list[str] | None:
        if self.place == "query":
            every = event.attributes.get("queryParamsAll") or {}
            return every.get(self.name)
        value = given.get(self.name)
        return None if value is None else [str(value)]

    def _read(self, texts: list[str]) -> Any:
        if self.kind != "array":
            return _value(texts[-1], self.kind)
        parts = texts if self.place == "query" and self.is_exploded else texts[-1].split(",")
        return [_value(part.strip() if self.place == "header" else part, self.items) for part in parts]


def _value(text: str, kind: str) -> Any:
    """Convert a text to its type; if it does not fit, it stays a text, which its schema then refuses."""
    if kind in ("integer", "number"):
        number = number_in(text)
        return text if number is None else number
    return {"true": True, "false": False}.get(text, text) if kind == "boolean" else text
