from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator

from engine import Event, Mistake, Template, refuse
from processors.validation._validator import Validator, violation


def _pattern(value: Any) -> Any:
    try:
        return value if isinstance(value, re.Pattern) else re.compile(value)
    except (re.error, TypeError, RecursionError) as error:
        refuse([Mistake("F303", f"{value!r}", f"a regular expression ({error})")])


class MatchesRegex(Validator):
    """Check that the whole of a text matches a regular expression (Python's).

    The pattern stands in the flow file, never in a payload.

    Example:
        given: {payload: {sku: AB-12}}
        run:
          - validation:matches-regex: {value: "#[payload.sku]", regex: "[A-Z]{2}-[0-9]+"}
          - validation:matches-regex: {value: "#[payload.sku]", regex: "[a-z]+", message: sku is not well formed}
        expect: {error.type: "VALIDATION:MISMATCH", error.description: sku is not well formed}
    """

    value: Template
    """The text."""

    regex: Annotated[re.Pattern[str], BeforeValidator(_pattern)]
    """The pattern."""

    case_sensitive: bool = True
    """Whether upper and lower case differ."""

    raises = (violation("MISMATCH"),)
    rule = "a text does not match its pattern"

    _matcher: ClassVar[re.Pattern[str]]

    def __post_init__(self) -> None:
        flags = 0 if self.case_sensitive else re.IGNORECASE
        self._prepare(_matcher=re.compile(self.regex.pattern, self.regex.flags | flags))

    def holds(self, event: Event) -> bool:
        value = self.value.evaluate(event)
        return isinstance(value, str) and self._matcher.fullmatch(value) is not None
