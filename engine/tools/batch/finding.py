"""The job that a command is about."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

from engine.application import Application
from engine.jobs.history import find_job, jobs_of
from engine.jobs.home import JobHome
from engine.jobs.job import Job

LATEST = "latest"
"""What stands for the job that began last."""


class Found(NamedTuple):
    """A job, and where it lives."""

    home: JobHome
    job: Job

    async def again(self) -> Job:
        """Return the job as it is now."""
        return await find_job(self.home, self.job.name, self.job.id) or self.job


async def all_jobs(app: Application) -> AsyncIterator[Found]:
    """Yield the jobs of the flows, those of each name together, the newest of them first."""
    for name, jobs in app.parts.runtime.batch_jobs.items():
        home: JobHome = await jobs.home()
        for job in await jobs_of(home, name):
            yield Found(home, job)


async def found(app: Application, id: str) -> Found:
    """Return the job of this id, or of which the id begins so; the one that began last for `latest`.

    Raises LookupError.
    """
    jobs = [each async for each in all_jobs(app)]
    if id == LATEST and jobs:
        return max(jobs, key=lambda each: each.job.created)
    candidates = [each for each in jobs if each.job.id == id] or [each for each in jobs if each.job.id.startswith(id)]
    if len(candidates) != 1:
        what = f"{len(candidates)} jobs have an id that begins with" if candidates else "there is no job"
        raise LookupError(f"{what} '{id}'; `engine batch list` has all")
    return candidates[0]
