"""The event as an expression sees it, as far as its shape is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.editor.scopes.shape import UNKNOWN, Shape
from engine.values.errors import ERROR_FIELDS

TEXT = Shape.of({"type": "string"})
NUMBER = Shape.of({"type": "integer"})
OBJECT = Shape.of({"type": "object"})
REQUEST = {
    "method": TEXT, "listenerPath": TEXT, "requestPath": TEXT, "rawRequestPath": TEXT, "queryString": TEXT,
    "queryParams": OBJECT, "queryParamsAll": OBJECT, "uriParams": OBJECT, "headers": OBJECT, "remoteAddress": TEXT,
    "scheme": TEXT, "version": TEXT,
}  # fmt: skip
"""The attributes of a request."""
ANSWER = Shape.of_entries({"statusCode": NUMBER, "reasonPhrase": TEXT, "headers": OBJECT})
"""The attributes of the answer of another service."""
TEXTS_OF_ERRORS = ("description", "message", "type", "failingComponent", "detailedDescription")
ERROR_TYPE = Shape.of_entries({"namespace": TEXT, "identifier": TEXT})
AUTHENTICATION = Shape.of_entries({"scheme": TEXT, "principal": TEXT, "roles": Shape.of_items(TEXT), "claims": OBJECT})


def _error() -> Shape:
    told = dict.fromkeys(TEXTS_OF_ERRORS, TEXT)
    message = Shape.of_entries({"payload": UNKNOWN, "attributes": UNKNOWN})
    return Shape.of_entries(
        {**dict.fromkeys(ERROR_FIELDS, UNKNOWN), **told, "errorMessage": message, "errorType": ERROR_TYPE}
    )


ERROR = _error()


@dataclass(frozen=True)
class Seen:
    """The shapes of the parts of an event. lets: the values under `let` around the expression, by name."""

    payload: Shape = UNKNOWN
    attributes: Shape = UNKNOWN
    vars: Mapping[str, Shape] = field(default_factory=dict)
    has_error: bool = False
    lets: Mapping[str, Shape] = field(default_factory=dict)
    more: Mapping[str, Shape] = field(default_factory=dict)
    """Further roots, such as those of expectations."""

    def roots(self) -> Shape:
        """Return the event as one map."""
        message = Shape.of_entries({"payload": self.payload, "attributes": self.attributes})
        return Shape.of_entries({
            "payload": self.payload,
            "attributes": self.attributes,
            "vars": Shape.of_entries(self.vars),
            "error": ERROR if self.has_error else UNKNOWN,
            "message": message,
            "correlationId": TEXT,
            "flow": Shape.of_entries({"name": TEXT}),
            **self.more,
        })  # fmt: skip

    def with_variable(self, name: str, value: Shape) -> Seen:
        return replace(self, vars={**self.vars, name: value})

    def __or__(self, other: Seen) -> Seen:
        names = {**self.vars, **other.vars}
        both = {name: self.vars.get(name, UNKNOWN) | other.vars.get(name, UNKNOWN) for name in names}
        payload, attributes = self.payload | other.payload, self.attributes | other.attributes
        return replace(self, payload=payload, attributes=attributes, vars=both)
