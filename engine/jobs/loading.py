"""Puts records into a job: portion by portion, so that any number of them needs no more memory than one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

from engine.jobs.claims import LEASE
from engine.jobs.home import JobHome
from engine.jobs.job import EXECUTING, FAILED_LOADING, LOADING, WAITING
from engine.jobs.outcomes import insert_failure
from engine.jobs.records import JobRecord, packed
from engine.values.stored_values import serialise

CREATE = """
INSERT INTO engine_batch_jobs(id, application, name, state, created, total, succeeded, failed, most_failed, steps,
  correlation_id, variables, owner, lease_until, claim)
VALUES(?, ?, ?, ?, {now}, 0, 0, 0, ?, ?, ?, ?, ?, {now} + ?, 1)
"""
ADD = """
INSERT INTO engine_batch_portions(job, block_number, first_record, records, step, next_record, state, attempt,
  lease_until, claim) VALUES(?, ?, ?, ?, 0, 0, ?, ?, 0.0, 0)
"""
KEEP = "INSERT INTO engine_batch_pieces(job, block_number, step, first_record, data) VALUES(?, ?, ?, ?, ?)"
COUNT = """
UPDATE engine_batch_jobs SET total = total + ?, failed = failed + ?, lease_until = {now} + ?
WHERE id = ? AND state = ?
"""
LAUNCH = "UPDATE engine_batch_jobs SET state = ?, started = {now}, lease_until = 0.0 WHERE id = ? AND state = ?"
GIVE_UP = """
UPDATE engine_batch_jobs SET state = ?, reason = ?, ended = {now}, lease_until = 0.0 WHERE id = ? AND state = ?
"""
FORGET_PORTIONS = "DELETE FROM engine_batch_portions WHERE job = ?"
FORGET_PIECES = "DELETE FROM engine_batch_pieces WHERE job = ?"


class JobOrder(NamedTuple):
    """What a new job is to be. id: its own, if the author gives one. variables: with which each record begins."""

    name: str
    steps: int
    most_failed: int
    correlation_id: str
    variables: Mapping[str, Any]
    id: str | None = None


async def load_job(home: JobHome, order: JobOrder, portions: AsyncIterator[Sequence[JobRecord]]) -> str:
    """Store a job with its records, and return its id. No worker sees it before all are stored.

    An error of the records leaves the job in FAILED_LOADING, without records, and is raised again.
    """
    job = order.id or str(uuid4())
    variables = serialise(dict(order.variables))
    values = (
        job,
        home.application,
        order.name,
        LOADING,
        order.most_failed,
        order.steps,
        order.correlation_id[:255],
        variables,
    )
    await home.change(CREATE, *values, str(uuid4()), LEASE)
    try:
        await _fill(home, job, portions)
        await home.change(LAUNCH, EXECUTING, job, LOADING)
    except Exception as error:
        await give_up(home, job, str(error))
        raise
    return job


async def _fill(home: JobHome, job: str, portions: AsyncIterator[Sequence[JobRecord]]) -> None:
    number = 0
    async for records in portions:
        for some, data in packed(records):
            async with home.together():
                await add(home, job, number, some, data)
                failed = [record for record in some if record.failure]
                for record in failed:
                    await insert_failure(home, job, number, record, 1)
                if not await home.change(COUNT, len(some), len(failed), LEASE, job, LOADING):
                    raise LoadingEnded
            number += 1


class LoadingEnded(Exception):
    """The job was cancelled, or given up, while its records were stored."""

    def __str__(self) -> str:
        return "the job ended while its records were stored"


async def add(
    home: JobHome, job: str, number: int, records: Sequence[JobRecord], data: bytes, attempt: int = 1
) -> None:
    """Add one portion."""
    await home.change(ADD, job, number, records[0].number, len(records), WAITING, attempt)
    await home.change(KEEP, job, number, 0, 0, data)


async def give_up(home: JobHome, job: str, reason: str) -> None:
    """Note that a job could not be loaded, and remove what was stored of it."""
    async with home.together():
        if await home.change(GIVE_UP, FAILED_LOADING, reason[:1_000], job, LOADING):
            await home.change(FORGET_PORTIONS, job)
            await home.change(FORGET_PIECES, job)
