"""The time that has passed since a moment."""

from __future__ import annotations

from datetime import date, timedelta

from engine import Event, Template
from engine.connectors import EvaluationError, Interval, TimeUnit, point_in_time
from processors.validation._validator import Validator


class ElapsedValidator(Validator):
    """The base of the validators that compare a moment with the clock."""

    time: Interval
    """How long: a number of timeUnits, or a duration such as 20s."""

    time_unit: TimeUnit = "MILLISECONDS"
    """The unit of a number in `time`."""

    since: Template
    """The moment: a date, a datetime, or a text in ISO 8601; in UTC if it has no time zone."""

    def has_elapsed(self, event: Event) -> bool | None:
        """Return whether the time has passed since the moment; None if that is not a moment."""
        since = self.since.evaluate(event)
        if not isinstance(since, (date, str)):
            return None
        try:
            elapsed = self.runtime.clock.now() - point_in_time("since", since)
        except EvaluationError:
            return None
        return elapsed >= timedelta(seconds=self.time.of(event).seconds(self.time_unit))
