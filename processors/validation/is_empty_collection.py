from __future__ import annotations

from engine import Event, Template
from processors.validation._validator import Validator, size_of, violation


class IsEmptyCollection(Validator):
    """Check that a list or a map is empty, or null.

    Texts and numbers are not collections: they do not hold.

    Example:
        given: {payload: {problems: [too late]}}
        run:
          - validation:is-empty-collection: {values: "#[payload.problems]", message: there are problems}
        expect: {error.type: "VALIDATION:NOT_EMPTY_COLLECTION", error.description: there are problems}
    """

    values: Template = Template("#[payload]")
    """The list or map."""

    raises = (violation("NOT_EMPTY_COLLECTION"),)
    rule = "a list or map is not empty"

    def holds(self, event: Event) -> bool:
        values = self.values.evaluate(event)
        return values is None or size_of(values) == 0
