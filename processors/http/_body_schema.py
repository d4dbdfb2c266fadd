"""The JSON Schema of a listener's request bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic_core import core_schema

from engine import Refusal, Validated
from engine.connectors import encode, read_json
from processors.json._schema import Schema, SchemaFile
from processors.json._violations import summary, violations

UNREADABLE = (ValueError, NotImplementedError, RecursionError, TypeError)


class BodySchema(Validated):
    """A schema, by the name of its file beside the flow file, or as a map in the flow file itself."""

    word = Schema.word
    schema = Schema.schema

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    @property
    def documents(self) -> Mapping[str, Any]:
        """The documents that it is made of, by URI, its own first."""
        return self._schema.documents

    def check(self, payload: Any) -> None:
        """Raise the Refusal (400) of a body that does not fit: it lists all violations, and no value."""
        try:
            value = read_json(encode(payload))
        except UNREADABLE:
            raise Refusal(400, "HTTP:BAD_REQUEST", "the body is no JSON") from None
        if not self._schema.validator.is_valid(value):
            found = violations(self._schema, value)
            detail = f"the body does not fit its schema: {summary(found)}"
            raise Refusal(400, "HTTP:BAD_REQUEST", detail, members={"violations": found})

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self:
        if isinstance(value, cls):
            return value
        return cls((SchemaFile if isinstance(value, str) else Schema)._validate(value, info))
