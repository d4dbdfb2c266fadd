from __future__ import annotations

from engine import Event, Template
from processors.validation._validator import Validator, size_of, violation


class IsNotEmptyCollection(Validator):
    """Check that a list or a map is not empty.

    Null, texts and numbers do not hold.

    Example:
        given: {payload: {lines: []}}
        run:
          - validation:is-not-empty-collection: {values: "#[payload.lines]", message: an order needs lines}
        expect: {error.type: "VALIDATION:EMPTY_COLLECTION", error.description: an order needs lines}
    """

    values: Template = Template("#[payload]")
    """The list or map."""

    raises = (violation("EMPTY_COLLECTION"),)
    rule = "a list or map is empty"

    def holds(self, event: Event) -> bool:
        return bool(size_of(self.values.evaluate(event)))
