from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from engine import ErrorType, Event, Expression, Refusal, Template
from engine.connectors import Whole, results_of
from processors.batch._errors import INVALID_PAGE
from processors.batch._looking import LookingOperation

STATUSES = ("all", "succeeded", "failed")


class Results(LookingOperation):
    """Tell what became of the records of a batch job, page by page.

    The result is `{results: […], next: …}`. Each of the results has recordNumber (from 0), status (succeeded or
    failed), payload (the record as it was sent) and attempts, and if it has failed, step, type and message. Records
    without an outcome are left out. `next` is the value of `after` for the next page; null behind the last one. A
    status, after or limit that is none is BATCH:INVALID_PAGE, which is answered with 400.

    Example:
        given: {payload: [1, -2, 3]}
        run:
          - batch:job:
              jobName: numbers
              maxFailedRecords: -1
              process-records:
                - {name: check, steps: [{validation:is-true: {expression: payload > `0`, message: too small}}]}
          - batch:results: {jobName: numbers, instance: "#[payload.batchJobInstanceId]", status: failed}
        expect:
          payload:
            results:
              - recordNumber: 1
                status: failed
                payload: -2
                step: check
                type: VALIDATION:INVALID_BOOLEAN
                message: too small
                attempts: 1
            next: null
    """

    status: Template = Template("all")
    """Which results: succeeded, failed or all; null is all."""

    after: Expression = Expression("null")
    """The number of the record behind which the page begins; null for the first page."""

    limit: Expression = Expression("`100`")
    """How many results a page has at most, from 1; never more than 1,000."""

    raises: ClassVar[Sequence[ErrorType]] = (*LookingOperation.raises, INVALID_PAGE)
    refuses: ClassVar = {**LookingOperation.refuses, INVALID_PAGE: 400}

    async def run(self, event: Event) -> Event:
        status = self.status.evaluate(event)
        status = "all" if status is None else status
        if status not in STATUSES:
            raise Refusal(400, INVALID_PAGE, f"status is one of {', '.join(STATUSES)}")
        after, limit = self.after.evaluate(event), self.limit.evaluate(event)
        after = -1 if after is None else _whole(after, 0, "after")
        limit = 100 if limit is None else _whole(limit, 1, "limit")
        home, job = await self.found(event)
        found, behind = await results_of(home, job, status, after, limit)
        return self.deliver(event, {"results": [result.shown() for result in found], "next": behind})


def _whole(value: Any, least: int, name: str) -> int:
    """Return a whole number that a caller may have sent as a text. Raise BATCH:INVALID_PAGE, answered with 400."""
    number = Whole.read(value)
    if number is None or number < least:
        raise Refusal(400, INVALID_PAGE, f"{name} is a whole number from {least}")
    return number
