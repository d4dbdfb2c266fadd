"""Who works on what: claims with a lease, each with a number that only grows.

A worker that has lost its claim finds out when it writes its next outcome: the number is not the latest any more.
"""

from __future__ import annotations

from typing import Any

from engine.jobs.home import JobHome
from engine.jobs.job import Beginning, Job, Portion
from engine.values.stored_values import restore

LEASE = 6.0
"""Seconds after which the claim of a worker that does not renew it is anybody's."""

OPEN = """
SELECT {job} FROM engine_batch_jobs WHERE application = ? AND state IN ('LOADING', 'EXECUTING') AND name = ?
ORDER BY created, id
"""
BEGINNING = "SELECT variables, correlation_id FROM engine_batch_jobs WHERE id = ?"
INSTANCE = "batchJobInstanceId"
"""The variable with the id of the job (Mule's)."""

FREE = """
SELECT job, block_number, first_record, records, step, next_record, attempt, claim FROM engine_batch_portions
WHERE job = ? AND state = 'WAITING' AND lease_until < {now} ORDER BY block_number LIMIT 1 {skip_locked}
"""
TAKE = """
UPDATE engine_batch_portions SET owner = ?, lease_until = {now} + ?, claim = ? WHERE job = ? AND block_number = ?
"""
LOOK = """
SELECT job, block_number, first_record, records, step, next_record, attempt, claim FROM engine_batch_portions
WHERE job = ? AND block_number = ? AND claim = ? AND state = 'WAITING'
"""
RENEW = "UPDATE engine_batch_portions SET lease_until = {now} + ? WHERE job = ? AND block_number = ? AND claim = ?"
RELEASE = "UPDATE engine_batch_portions SET lease_until = 0.0 WHERE job = ? AND block_number = ? AND claim = ?"
PAUSE = "UPDATE engine_batch_portions SET lease_until = {now} + ? WHERE job = ? AND block_number = ? AND claim = ?"
ALL_DONE = "NOT EXISTS (SELECT 1 FROM engine_batch_portions WHERE job = ? AND state = 'WAITING')"
NONE_AT_WORK = "NOT EXISTS (SELECT 1 FROM engine_batch_portions WHERE job = ? AND lease_until > {now})"
COMPLETE = """
UPDATE engine_batch_jobs SET owner = ?, lease_until = {now} + ?, claim = claim + 1
WHERE id = ? AND state = 'EXECUTING' AND lease_until < {now} AND
"""
RENEW_JOB = "UPDATE engine_batch_jobs SET lease_until = {now} + ? WHERE id = ? AND owner = ? AND lease_until > 0.0"
END = """
UPDATE engine_batch_jobs SET state = ?, reason = ?, ended = {now}, lease_until = 0.0
WHERE id = ? AND owner = ? AND state = 'EXECUTING'
"""
ABANDONED = """
SELECT id FROM engine_batch_jobs
WHERE application = ? AND state = 'LOADING' AND name = ? AND lease_until < {now}
"""


def job_of(row: dict[str, Any]) -> Job:
    return Job(*row.values())


async def open_jobs(home: JobHome, name: str) -> list[Job]:
    """Return the jobs of that name that are not over, the oldest first."""
    return [job_of(row) for row in await home.select(OPEN, home.application, name)]


async def abandoned(home: JobHome, name: str) -> list[str]:
    """Return the jobs whose loading nobody goes on with: its process has ended."""
    return [row["id"] for row in await home.select(ABANDONED, home.application, name)]


async def beginning_of(home: JobHome, job: str) -> Beginning:
    """Return what each record of a job begins with."""
    row = (await home.select(BEGINNING, job))[0]
    return Beginning({**restore(bytes(row["variables"])), INSTANCE: job}, row["correlation_id"])


async def claim(home: JobHome, job: str, owner: str) -> Portion | None:
    """Claim the first portion of a job that nobody works on; None if there is none."""
    async with home.together():
        rows = await home.select(FREE, job)
        if not rows:
            return None
        portion = Portion.of(rows[0], rows[0]["claim"] + 1)
        await home.change(TAKE, owner, LEASE, portion.claim, job, portion.number)
        return portion


async def looked_at(home: JobHome, portion: Portion) -> Portion | None:
    """Return a claimed portion as it is now; None if the claim is lost, or the portion is done."""
    rows = await home.select(LOOK, portion.job, portion.number, portion.claim)
    return Portion.of(rows[0]) if rows else None


async def renew(home: JobHome, portion: Portion) -> None:
    """Have the claim of a portion last for the time of a lease from now on."""
    await home.change(RENEW, LEASE, portion.job, portion.number, portion.claim)


async def release(home: JobHome, portion: Portion, seconds: float = 0.0) -> None:
    """Leave a portion to anybody, after some seconds."""
    if seconds:
        await home.change(PAUSE, seconds, portion.job, portion.number, portion.claim)
    else:
        await home.change(RELEASE, portion.job, portion.number, portion.claim)


async def claim_completion(home: JobHome, job: Job, owner: str) -> bool:
    """Claim the end of a job: True if there is nothing left to do in it, and nobody else ends it."""
    condition = NONE_AT_WORK if job.has_failed_too_often else ALL_DONE
    return bool(await home.change(COMPLETE + condition, owner, LEASE, job.id, job.id))


async def renew_completion(home: JobHome, job: str, owner: str) -> None:
    await home.change(RENEW_JOB, LEASE, job, owner)


async def end_job(home: JobHome, job: str, owner: str, state: str, reason: str | None) -> bool:
    """End a job whose end was claimed; return whether it was still this owner's."""
    return bool(await home.change(END, state, reason, job, owner))
