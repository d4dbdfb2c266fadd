from __future__ import annotations

from typing import Any

from engine import Count, Event, Expression, FlowError, Template
from engine.connectors import EXPRESSION, Whole, results_of
from processors.batch._looking import LookingOperation

STATUSES = ("all", "succeeded", "failed")


class Results(LookingOperation):
    """Tell what became of the records of a batch job, page by page.

    The result is `{results: […], next: …}`. Each of the results has recordNumber (from 0), status (succeeded or
    failed), payload (the record as it was sent) and attempts, and if it has failed, step, type and message. Records
    without an outcome are left out. `next` is the value of `after` for the next page; null behind the last one.

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

    limit: Count = Count(100)
    """How many results a page has at most; never more than 1,000."""

    async def run(self, event: Event) -> Event:
        status = self.status.evaluate(event)
        status = "all" if status is None else status
        if status not in STATUSES:
            raise FlowError(EXPRESSION, f"status is one of {', '.join(STATUSES)}")
        home, job = await self.found(event)
        found, after = await results_of(home, job, status, _after(self.after.evaluate(event)), self.limit.of(event))
        return self.deliver(event, {"results": [result.shown() for result in found], "next": after})


def _after(value: Any) -> int:
    if value is None:
        return -1
    number = Whole.read(value)
    if number is None:
        raise FlowError(EXPRESSION, "after is the number of a record, as `next` of the page before has it")
    return number
