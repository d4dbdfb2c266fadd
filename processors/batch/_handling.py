"""What the worker of a job calls: for the records of a portion, and after the last one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import NamedTuple

from engine import Event, FlowError, Stream
from engine.connectors import (
    FAILED_ON_COMPLETE,
    FAILED_PROCESS_RECORDS,
    SUCCESSFUL,
    Beginning,
    ClaimLost,
    JobHome,
    JobRecord,
    Portion,
    PutBack,
    RecordFailure,
    Run,
    end_gathering,
    end_job,
    failure_of_gathering,
    forget_old_jobs,
    log_failure,
    records_left,
    taken_records,
)
from engine.connectors import Job as StoredJob
from processors.batch._records import Passage, StepCode

log = logging.getLogger("engine")


class JobCode(NamedTuple):
    """The linked form of a job. complete: runs on-complete. completes_at_home: whether that works with its database."""

    steps: Sequence[StepCode]
    complete: Run
    completes_at_home: bool


class Handling:
    """Runs the steps of a job for its portions.

    code: returns it as it was linked last. age: seconds for which a job that is over is kept.
    """

    def __init__(self, home: JobHome, code: Callable[[], JobCode], age: float) -> None:
        self._home, self._code = home, code
        self._age = age
        self._left: dict[tuple[str, int], tuple[Portion, Sequence[JobRecord]]] = {}

    async def some(self, portion: Portion, beginning: Beginning) -> Portion | None:
        """Work on some records of a portion, and return what it is then; None if it is done."""
        steps = self._code().steps
        records = await self._records(portion)
        lost = None
        if portion.step and steps[portion.step - 1].holds:
            lost = await failure_of_gathering(self._home, portion.job, portion.step)
        passage = Passage(self._home, steps[portion.step], portion, records, beginning, lost)
        after = await passage.through()
        if after.step == len(steps) or (after.step > portion.step and steps[portion.step].holds):
            return None
        if passage.left:
            self._left[portion.job, portion.number] = after, passage.left
        return after

    async def _records(self, portion: Portion) -> Sequence[JobRecord]:
        """Return the records without a result: those that are left of the last time, or as they are stored."""
        known, records = self._left.pop((portion.job, portion.number), (None, ()))
        return records if known == portion else await records_left(self._home, portion)

    # The aggregator of all records

    async def gather(self, job: StoredJob, owner: str, step: int, beginning: Beginning) -> None:
        """Run the aggregator of the step before this one, with all the records that it takes."""
        code = self._code().steps[step - 1]
        async with self._home.together() if code.streams_at_home else nullcontext():
            failure = await self._streamed(job, step, code, beginning)
            await end_gathering(self._home, job.id, owner, step, failure)

    async def _streamed(self, job: StoredJob, step: int, code: StepCode, beginning: Beginning) -> RecordFailure | None:
        """Return the failure of the aggregator; None if it has none, or no record is taken."""
        assert code.streamed is not None  # portions wait for it
        async for _ in taken_records(self._home, job.id, step):
            break
        else:
            return None
        attributes = {"batchJobInstanceId": job.id, "idempotencyKey": f"{job.id}-{step - 1}"}
        stream = Stream(taken_records(self._home, job.id, step))
        try:
            await code.streamed(
                Event(stream, attributes, vars=beginning.variables, correlation_id=beginning.correlation_id)
            )
        except FlowError as failure:
            if failure.type.is_critical or code.puts_back(failure):
                raise PutBack(failure) from failure
            log_failure(failure)
            return RecordFailure.of(code.step.name, str(failure.type), failure.description)
        finally:
            await stream.close()
        return None

    # The end

    async def complete(self, job: StoredJob, owner: str, beginning: Beginning) -> None:
        """Run on-complete, and end the job."""
        state = FAILED_PROCESS_RECORDS if job.has_failed_too_often else SUCCESSFUL
        over = job._replace(state=state, ended=job.now)
        event = Event(over.result(), vars=beginning.variables, correlation_id=beginning.correlation_id)
        code = self._code()
        try:
            async with self._home.together() if code.completes_at_home else nullcontext():
                await code.complete(event)
                await self._end(over, owner, None)
        except FlowError as failure:
            failure.event = failure.event or event
            log_failure(failure)
            over = over._replace(state=FAILED_ON_COMPLETE)
            await self._end(over, owner, f"{failure.type}: {failure.description}")
        log.info("the batch job %s %s is over: %s", job.name, job.id, told(over))
        await forget_old_jobs(self._home, job.name, self._age)

    async def _end(self, job: StoredJob, owner: str, reason: str | None) -> None:
        if not await end_job(self._home, job.id, owner, job.state, reason):
            raise ClaimLost


def told(job: StoredJob) -> str:
    """Return the result of a job in a line."""
    counts = f"{job.succeeded} succeeded, {job.failed} failed of {job.total} records in {job.elapsed:.1f} s"
    return f"{job.state}, {counts}"
