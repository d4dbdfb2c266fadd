from __future__ import annotations

from engine import Event
from processors.validation._elapsed import ElapsedValidator
from processors.validation._validator import violation


class IsNotElapsed(ElapsedValidator):
    """Check that less time has passed since a moment.

    A moment in the future holds; a value that is not a moment does not.

    Example:
        given: {payload: {issued: "2020-01-01T00:00:00Z"}}
        run:
          - validation:is-not-elapsed: {since: "#[now()]", time: 5, timeUnit: MINUTES}
          - validation:is-not-elapsed: {since: "#[payload.issued]", time: 30d, message: the token is too old}
        expect: {error.type: "VALIDATION:ELAPSED_TIME", error.description: the token is too old}
    """

    raises = (violation("ELAPSED_TIME"),)
    rule = "too much time has passed"

    def holds(self, event: Event) -> bool:
        return self.has_elapsed(event) is False
