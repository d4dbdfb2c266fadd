from __future__ import annotations

from engine import Appended, Event, Template, Whole
from processors.validation._validator import Validator, violation


class ValidateSize(Validator):
    """Check how many elements a list has, entries a map, characters a text.

    Null and values without a size do not hold.

    Example:
        given: {payload: [1, 2, 3]}
        run:
          - validation:validate-size: {value: "#[payload]", min: 1}
          - validation:validate-size: {value: "#[payload]", max: 2, message: two at most}
        expect: {error.type: "VALIDATION:INVALID_SIZE", error.description: two at most}
    """

    value: Template
    """The list, map or text."""

    min: Whole = Whole(0)
    """The smallest size that holds."""

    max: Whole | None = None
    """The largest size that holds; no bound, if left out."""

    raises = (violation("INVALID_SIZE"),)
    rule = "a value has not the size that it should have"

    def holds(self, event: Event) -> bool:
        value = self.value.evaluate(event)
        if not isinstance(value, (list, Appended, dict, str, bytes)):
            return False
        return self.min.of(event) <= len(value) and (self.max is None or len(value) <= self.max.of(event))
