from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from engine import Event, FlowError, Mistake, Template, refuse
from engine.connectors import EXPRESSION, EvaluationError, fits_date_pattern
from processors.validation._validator import Validator, violation

OF_LOCALE = {"US": "h:mm a", "en_US": "h:mm a", "UK": "HH:mm", "en_GB": "HH:mm"}
"""The pattern of each locale, as Java's short style has it."""


def _checked(pattern: Template) -> Template:
    """Check a pattern that is known when the file is loaded."""
    if pattern.is_literal:
        try:
            fits_date_pattern("pattern", "", str(pattern.literal))
        except EvaluationError:
            refuse([Mistake("F303", f"{pattern.written!r}", "a date pattern such as HH:mm or h:mm a")])
    return pattern


class IsTime(Validator):
    """Check that a text is a time, or a date, that matches a Java pattern.

    Letters: y M d H h k K m s S a E X x Z V, text in quotes; names are English. The whole text must fit, and the time
    must exist: 25:00 and February 30 do not hold.

    Example:
        given: {payload: {opens: "9:30 AM", closes: "18:75"}}
        run:
          - validation:is-time: {time: "#[payload.opens]", pattern: "h:mm a"}
          - validation:is-time: {time: "#[payload.closes]", pattern: "HH:mm", message: closes must be a time}
        expect: {error.type: "VALIDATION:INVALID_TIME", error.description: closes must be a time}
    """

    time: Template
    """The text."""

    pattern: Annotated[Template | None, AfterValidator(lambda pattern: pattern and _checked(pattern))] = None
    """The pattern; if left out, that of the locale."""

    locale: Literal["US", "en_US", "UK", "en_GB"] = "US"
    """The country whose short form is used: h:mm a in the US, HH:mm in the UK."""

    raises = (violation("INVALID_TIME"),)
    rule = "a text is no time"

    def holds(self, event: Event) -> bool:
        time = self.time.evaluate(event)
        pattern = self.pattern.evaluate(event) if self.pattern else OF_LOCALE[self.locale]
        if not isinstance(pattern, str):
            raise FlowError(EXPRESSION, "the pattern of a time must be a text")
        try:
            return isinstance(time, str) and fits_date_pattern("is-time", time, pattern)
        except EvaluationError as error:
            raise FlowError(EXPRESSION, str(error), cause=error) from error
