from __future__ import annotations

import math
from typing import Any

from engine import Event, Template, is_number, number_in
from processors.validation._validator import Validator, violation


class IsNumber(Validator):
    """Check that a value is a finite number, or a text that reads as one (Mule), within bounds.

    Example:
        given: {payload: {amount: many, count: "3"}}
        run:
          - validation:is-number: {value: "#[payload.count]", minValue: 1}
          - validation:is-number: {value: "#[payload.amount]", message: amount must be a number}
        expect: {error.type: "VALIDATION:INVALID_NUMBER", error.description: amount must be a number}
    """

    value: Template
    """The number."""

    min_value: Template | None = None
    """The smallest that holds."""

    max_value: Template | None = None
    """The largest that holds."""

    raises = (violation("INVALID_NUMBER"),)
    rule = "a value is no number, or out of bounds"

    def holds(self, event: Event) -> bool:
        number = _number(self.value.evaluate(event))
        if number is None:
            return False
        least, most = (bound and _number(bound.evaluate(event)) for bound in (self.min_value, self.max_value))
        return (least is None or number >= least) and (most is None or number <= most)


def _number(value: Any) -> Any:
    number: Any = number_in(value) if isinstance(value, str) else value
    return number if is_number(number) and math.isfinite(number) else None
