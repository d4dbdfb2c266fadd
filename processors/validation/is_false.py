from __future__ import annotations

from engine import Condition, Event
from processors.validation._validator import Validator, violation


class IsFalse(Validator):
    """Check that a condition does not hold.

    By JMESPath's truth: false, null, an empty text, list and map do not hold; 0 does.

    Example:
        given: {payload: {closed: true}}
        run:
          - validation:is-false: {expression: payload.closed, message: the order is closed}
        expect: {error.type: "VALIDATION:INVALID_BOOLEAN", error.description: the order is closed}
    """

    expression: Condition
    """The condition."""

    raises = (violation("INVALID_BOOLEAN"),)
    rule = "a condition holds that should not"

    def holds(self, event: Event) -> bool:
        return not self.expression.evaluate(event)
