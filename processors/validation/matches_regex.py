from __future__ import annotations

import re
from typing import Annotated, ClassVar

from pydantic import AfterValidator

from engine import EXPRESSION, Event, FlowError, Mistake, Template, refuse
from processors.validation._validator import Validator, violation

UNREADABLE = (re.error, TypeError, OverflowError, RecursionError)


def _checked(regex: Template) -> Template:
    """A pattern that is known when the file is loaded must be one then."""
    try:
        if regex.is_literal:
            re.compile(regex.tree["value"])
    except UNREADABLE as error:
        refuse([Mistake("F303", f"{regex.written!r}", f"a regular expression ({error})")])
    return regex


class MatchesRegex(Validator):
    """Check that the whole of a text matches a regular expression (Python's).

    A pattern that an expression takes from a payload may be made to run for hours.

    Example:
        given: {payload: {sku: AB-12}}
        run:
          - validation:matches-regex: {value: "#[payload.sku]", regex: "[A-Z]{2}-[0-9]+"}
          - validation:matches-regex: {value: "#[payload.sku]", regex: "[a-z]+", message: sku is not well formed}
        expect: {error.type: "VALIDATION:MISMATCH", error.description: sku is not well formed}
    """

    value: Template
    """The text."""

    regex: Annotated[Template, AfterValidator(_checked)]
    """The pattern."""

    case_sensitive: bool = True
    """Whether upper and lower case differ."""

    raises = (violation("MISMATCH"),)
    rule = "a text does not match its pattern"

    _known: ClassVar[re.Pattern[str] | None]

    def __post_init__(self) -> None:
        self._prepare(_known=self._compile(self.regex.tree["value"]) if self.regex.is_literal else None)

    def holds(self, event: Event) -> bool:
        value = self.value.evaluate(event)
        return isinstance(value, str) and self._pattern(event).fullmatch(value) is not None

    def _pattern(self, event: Event) -> re.Pattern[str]:
        try:
            return self._known or self._compile(self.regex.evaluate(event))
        except UNREADABLE as error:
            raise FlowError(EXPRESSION, "a regular expression cannot be read", cause=error) from error

    def _compile(self, pattern: str) -> re.Pattern[str]:
        return re.compile(pattern, 0 if self.case_sensitive else re.IGNORECASE)
