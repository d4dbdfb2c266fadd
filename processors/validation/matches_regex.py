from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine import Event
from processors.validation._regex import RegexValidator


class MatchesRegex(RegexValidator):
    """Check that the whole of a text matches a regular expression (RE2's syntax, in linear time).

    RE2 has no look-around and no back references: no text can make a pattern run for long.

    Example:
        given: {payload: {sku: AB-12}}
        run:
          - validation:matches-regex: {value: "#[payload.sku]", regex: "[A-Z]{2}-[0-9]+"}
          - validation:matches-regex: {value: "#[payload.sku]", regex: "[a-z]+", message: sku is not well formed}
        expect: {error.type: "VALIDATION:MISMATCH", error.description: sku is not well formed}
    """

    rule = "a text does not match its pattern"

    def demands(self) -> Sequence[tuple[Any, Mapping[str, Any]]]:
        return ((self.value.held, {"type": "string"}),)

    def holds(self, event: Event) -> bool:
        return self.matches(event) is True
