"""The parameters of operations that look at a job."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, ClassVar

from engine import ErrorType, Event, Mistake, Name, Operation, Refusal, Template, to_text
from engine.connectors import Element, Job, JobHome, Naming, did_you_mean, find_job
from processors.batch._errors import NOT_FOUND
from processors.db._errors import DB_TYPES


class Looking(Element):
    """The parameters that select a job."""

    job_name: Annotated[Name, Naming("batch job")]
    """The jobName of a batch:job of these flows."""

    instance: Template = Template("#[attributes.uriParams.id]")
    """The batchJobInstanceId of the job."""


class LookingOperation(Looking, Operation):
    """The base of operations that look at a job."""

    raises: ClassVar[Sequence[ErrorType]] = (*DB_TYPES, NOT_FOUND)
    refuses: ClassVar = {NOT_FOUND: 404}
    is_outward = True
    reaches_outside = False

    def objections(self) -> Iterable[tuple[str, Mistake]]:
        known = self.runtime.batch_jobs
        if self.job_name not in known:
            expected = f"one of the batch jobs: {', '.join(known)}" if known else "the jobName of a batch:job"
            write = did_you_mean(self.job_name, known)
            yield "jobName", Mistake("F502", f"'{self.job_name}' is not a batch job", expected, write)

    async def found(self, event: Event) -> tuple[JobHome, Job]:
        """Return the job, and where it lives. Raise BATCH:NOT_FOUND, which is answered with 404."""
        home: JobHome = await self.runtime.batch_jobs[self.job_name].home()
        id = to_text(self.instance.evaluate(event))
        job = await find_job(home, self.job_name, id)
        if job is None:
            raise Refusal(404, NOT_FOUND, f"there is no job '{id[:80]}' of the name {self.job_name}")
        return home, job
