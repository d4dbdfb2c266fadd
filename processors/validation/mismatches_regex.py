from __future__ import annotations

from engine import Event
from processors.validation._regex import RegexValidator


class MismatchesRegex(RegexValidator):
    """Check that the whole of a text does not match a regular expression (RE2's syntax, in linear time).

    Null and anything else that is not a text do not hold. Write `.*secret.*` for a pattern anywhere in the text.

    Example:
        given: {payload: {name: root}}
        run:
          - validation:mismatches-regex: {value: "#[payload.name]", regex: "root|admin", message: choose another name}
        expect: {error.type: "VALIDATION:MISMATCH", error.description: choose another name}
    """

    rule = "a text matches a pattern that it should not"

    def holds(self, event: Event) -> bool:
        return self.matches(event) is False
