from __future__ import annotations

from engine import Event, Template
from processors.validation._validator import Validator, violation


class IsNull(Validator):
    """Check that a value is null, or not there.

    Example:
        given: {payload: {id: 7}}
        run:
          - validation:is-null: {value: "#[payload.id]", message: the id is given by us}
        expect: {error.type: "VALIDATION:NOT_NULL", error.description: the id is given by us}
    """

    value: Template
    """The value."""

    raises = (violation("NOT_NULL"),)
    rule = "a value is not null"

    def holds(self, event: Event) -> bool:
        return self.value.evaluate(event) is None
