"""Regular expressions, which no text can make run for long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator

from engine import Event, FlowError, Mistake, Template, prepared, refuse
from engine.connectors import EXPRESSION, EvaluationError, whole_match
from processors.validation._validator import Validator, violation

IGNORE_CASE = "(?i)"


def _checked(regex: Template) -> Template:
    """Check a pattern that is known when the file is loaded."""
    if regex.is_literal:
        try:
            _matcher(regex.literal)
        except EvaluationError:
            expected = "a regular expression in RE2's syntax: without look-around and back references"
            refuse([Mistake("F303", f"{regex.written!r}", expected)])
    return regex


def _matcher(pattern: Any) -> Callable[[str], bool]:
    if not isinstance(pattern, str):
        raise EvaluationError("a regular expression must be a text")
    return whole_match("regex", pattern)


class RegexValidator(Validator):
    """The base of the validators of texts against a pattern."""

    value: Template
    """The text."""

    regex: Annotated[Template, AfterValidator(_checked)]
    """The pattern, in RE2's syntax."""

    case_sensitive: bool = True
    """Whether upper and lower case differ."""

    raises = (violation("MISMATCH"),)

    _known: Any = prepared()

    def __post_init__(self) -> None:
        self._prepare(_known=self._matcher(self.regex.literal) if self.regex.is_literal else None)

    def matches(self, event: Event) -> bool | None:
        """Return whether the whole text matches; None if the value is not a text."""
        value = self.value.evaluate(event)
        if not isinstance(value, str):
            return None
        try:
            return bool((self._known or self._matcher(self.regex.evaluate(event)))(value))
        except EvaluationError as error:
            raise FlowError(EXPRESSION, str(error), cause=error) from error

    def _matcher(self, pattern: Any) -> Callable[[str], bool]:
        return _matcher(pattern if self.case_sensitive or not isinstance(pattern, str) else IGNORE_CASE + pattern)
