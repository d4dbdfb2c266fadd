from __future__ import annotations

from engine import Event, Template
from processors.validation._validator import Validator, violation


class IsBlankString(Validator):
    """Check that a value is a text of nothing but white space, or null.

    Numbers, lists and maps do not hold.

    Example:
        given: {payload: {honeypot: I am a robot}}
        run:
          - validation:is-blank-string: {value: "#[payload.honeypot]", message: leave this field empty}
        expect: {error.type: "VALIDATION:NOT_BLANK_STRING", error.description: leave this field empty}
    """

    value: Template = Template("#[payload]")
    """The text."""

    raises = (violation("NOT_BLANK_STRING"),)
    rule = "a text is not blank"

    def holds(self, event: Event) -> bool:
        value = self.value.evaluate(event)
        return value is None or (isinstance(value, str) and not value.strip())
