from __future__ import annotations

from typing import Literal

from engine import Event, Template
from engine.connectors import Number
from processors.validation._validator import Validator, violation

BOUNDS = {"SHORT": 2**15, "INTEGER": 2**31, "LONG": 2**63}
"""The exclusive upper bound of whole numbers of each type; minus that is the least."""


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

    number_type: Literal["INTEGER", "LONG", "SHORT", "DOUBLE", "FLOAT"] = "DOUBLE"
    """The kind of number that holds; INTEGER, LONG and SHORT are whole numbers of 32, 64 and 16 bits."""

    min_value: Number | None = None
    """The smallest that holds."""

    max_value: Number | None = None
    """The largest that holds."""

    raises = (violation("INVALID_NUMBER"),)
    rule = "a value is no number, or out of bounds"

    def holds(self, event: Event) -> bool:
        number = Number.read(self.value.evaluate(event))
        if number is None or not self._has_type(number):
            return False
        if self.min_value and number < self.min_value.of(event):
            return False
        return self.max_value is None or bool(number <= self.max_value.of(event))

    def _has_type(self, number: float) -> bool:
        bound = BOUNDS.get(self.number_type)
        return bound is None or (isinstance(number, int) and -bound <= number < bound)
