from __future__ import annotations

from engine import Event
from processors.validation._elapsed import ElapsedValidator
from processors.validation._validator import violation


class IsElapsed(ElapsedValidator):
    """Check that at least this much time has passed since a moment.

    A value that is not a moment does not hold.

    Example:
        given: {payload: {ordered: "2026-03-01T12:00:00Z"}}
        run:
          - validation:is-elapsed: {since: "#[payload.ordered]", time: 20, timeUnit: SECONDS}
          - validation:is-elapsed: {since: "9000-01-01", time: 1d, message: come back later}
        expect: {error.type: "VALIDATION:NOT_ELAPSED_TIME", error.description: come back later}
    """

    raises = (violation("NOT_ELAPSED_TIME"),)
    rule = "not enough time has passed"

    def holds(self, event: Event) -> bool:
        return self.has_elapsed(event) is True
