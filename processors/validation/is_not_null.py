from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine import Event, Template
from processors.validation._validator import Validator, violation


class IsNotNull(Validator):
    """Check that a value is not null.

    Example:
        given: {payload: {id: null}}
        run:
          - validation:is-not-null: {value: "#[payload.id]", message: an id is needed}
        expect: {error.type: "VALIDATION:NULL", error.description: an id is needed}
    """

    value: Template
    """The value."""

    raises = (violation("NULL"),)
    rule = "a value is null"

    def demands(self) -> Sequence[tuple[Any, Mapping[str, Any]]]:
        return ((self.value.held, {"not": {"type": "null"}}),)

    def holds(self, event: Event) -> bool:
        return self.value.evaluate(event) is not None
