from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine import Event, Template
from processors.validation._validator import Validator, violation


class IsNotBlankString(Validator):
    """Check that a value is a text with more than white space in it.

    Null, numbers and anything else that is not a text do not hold.

    Example:
        given: {payload: {name: "  "}}
        run:
          - validation:is-not-blank-string: {value: "#[payload.name]", message: name must not be blank}
        expect: {error.type: "VALIDATION:BLANK_STRING", error.description: name must not be blank}
    """

    value: Template = Template("#[payload]")
    """The text."""

    raises = (violation("BLANK_STRING"),)
    rule = "a text is blank"

    def demands(self) -> Sequence[tuple[Any, Mapping[str, Any]]]:
        return ((self.value.held, {"type": "string", "minLength": 1}),)

    def holds(self, event: Event) -> bool:
        value = self.value.evaluate(event)
        return isinstance(value, str) and not (value == "" or value.isspace())
