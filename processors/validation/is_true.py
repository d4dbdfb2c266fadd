from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine import Condition, Event
from processors.validation._validator import Validator, violation


class IsTrue(Validator):
    """Check that a condition holds.

    Example:
        given: {payload: {records: []}}
        run:
          - validation:is-true: {expression: "type(payload.records) == 'array'", message: records must be a list}
          - validation:is-true: {expression: "length(payload.records) > 0", message: records must not be empty}
        expect: {error.type: "VALIDATION:INVALID_BOOLEAN", error.description: records must not be empty}
    """

    expression: Condition
    """The condition."""

    raises = (violation("INVALID_BOOLEAN"),)
    rule = "a condition does not hold"

    def demands(self) -> Sequence[tuple[Any, Mapping[str, Any]]]:
        return ((self.expression.held, {"const": True}),)

    def holds(self, event: Event) -> bool:
        return bool(self.expression.evaluate(event))
