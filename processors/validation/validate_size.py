from __future__ import annotations

from engine import Event, Template
from engine.connectors import Whole
from processors.validation._validator import Validator, size_of, violation


class ValidateSize(Validator):
    """Check the number of elements in a list, entries in a map, or characters in a text.

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
        size = len(value) if isinstance(value, (str, bytes)) else size_of(value)
        if size is None or size < self.min.of(event):
            return False
        return self.max is None or bool(size <= self.max.of(event))
