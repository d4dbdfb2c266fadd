"""`engine batch retry` and `engine batch cancel`."""

from __future__ import annotations

import click

from engine.application import Application
from engine.jobs.history import cancel_job, retry_job
from engine.tools.batch.finding import found
from engine.tools.commands import counted


async def retry_one(app: Application, id: str) -> None:
    """Send the failed records of a job again, and say how many. Raises ValueError if there is nothing to send."""
    one = await found(app, id)
    count = await retry_job(one.home, one.job.id)
    if count is None:
        job = await one.again()
        reason = "all its records have succeeded" if job.is_over and not job.failed else f"it is {job.state}"
        raise ValueError(f"the job {job.id} cannot be sent again: {reason}")
    click.echo(f"{counted(count, 'record')} of the job {one.job.id} {'is' if count == 1 else 'are'} sent again")


async def cancel_one(app: Application, id: str) -> None:
    """End a job. Raises ValueError if it is over."""
    one = await found(app, id)
    if not await cancel_job(one.home, one.job.id):
        raise ValueError(f"the job {one.job.id} is over already: {one.job.state}")
    job = await one.again()
    click.echo(f"the job {job.id} is cancelled; {job.processed:,} of {job.total:,} records have an outcome")
