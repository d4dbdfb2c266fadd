"""What became of the records of a portion: written together with the effects of their steps, if both live there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.jobs.claims import LEASE
from engine.jobs.home import JobHome
from engine.jobs.job import DONE, HELD, WAITING, ClaimLost, Portion
from engine.jobs.records import JobRecord, Packed, packed, unpack

INSERT = """
INSERT INTO engine_batch_failures(job, record, block_number, step, type, message, attempts, happened)
VALUES(?, ?, ?, ?, ?, ?, ?, {now})
"""
REMOVE = "DELETE FROM engine_batch_failures WHERE job = ? AND record = ?"
PROGRESS = """
UPDATE engine_batch_portions SET step = ?, next_record = ?, state = ?, lease_until = {now} + ?
WHERE job = ? AND block_number = ? AND claim = ?
"""
COUNT = "UPDATE engine_batch_jobs SET succeeded = succeeded + ?, failed = failed + ? WHERE id = ?"
STATE = "SELECT state, failed, most_failed FROM engine_batch_jobs WHERE id = ?"
PIECES = """
SELECT data FROM engine_batch_pieces WHERE job = ? AND block_number = ? AND step = ? ORDER BY first_record
"""
KEEP = "INSERT INTO engine_batch_pieces(job, block_number, step, first_record, data) VALUES(?, ?, ?, ?, ?)"
DROP = "DELETE FROM engine_batch_pieces WHERE job = ? AND block_number = ? AND step = ?"


class StepResults(NamedTuple):
    """The results of a step for some records of a portion, in a row.

    records: as they left the step. failed: those of them that have failed in it. kept: the records for the next step;
    nothing after the last one. holds: whether the portion waits for the others behind the step.
    """

    records: Sequence[JobRecord]
    failed: Sequence[JobRecord]
    kept: Sequence[Packed]
    is_last: bool
    holds: bool


def results_of_step(
    entered: Sequence[JobRecord], left: Sequence[JobRecord], step: str, *, is_last: bool, holds: bool
) -> StepResults:
    """Return the results of a step, given the records as they entered and left it. One that cannot be kept failed."""
    kept = () if is_last else list(packed(left, step))
    if kept:
        left = [record for some in kept for record in some.records]
    failed = [after for before, after in zip(entered, left, strict=True) if after.failure and not before.failure]
    return StepResults(left, failed, kept, is_last, holds)


async def records_left(home: JobHome, portion: Portion) -> list[JobRecord]:
    """Return the records of a portion that have no result of its step yet."""
    rows = await home.select(PIECES, portion.job, portion.number, portion.step)
    records = [record for row in rows for record in unpack(bytes(row["data"]))]
    return records[portion.next_record :]


async def note_results(home: JobHome, portion: Portion, results: StepResults) -> Portion:
    """Write the results, and return the portion as it is after them. Raises ClaimLost: nothing may be kept then."""
    after = _after(portion, results)
    state = _state(results) if after.step > portion.step else WAITING
    lease = LEASE if state == WAITING else -LEASE
    values = after.step, after.next_record, state, lease, portion.job, portion.number, portion.claim
    if await home.change(PROGRESS, *values) != 1:
        raise ClaimLost
    await _note_failures(home, portion, results)
    first = portion.next_record
    for some in results.kept:
        await home.change(KEEP, portion.job, portion.number, portion.step + 1, first, some.data)
        first += len(some.records)
    if portion.step and after.step > portion.step:
        await home.change(DROP, portion.job, portion.number, portion.step)
    await _count(home, portion, results)
    return after


def _state(results: StepResults) -> str:
    """Return the state of a portion that is through the step."""
    return DONE if results.is_last else HELD if results.holds else WAITING


def _after(portion: Portion, results: StepResults) -> Portion:
    reached = portion.next_record + len(results.records)
    if reached < portion.records:
        return portion._replace(next_record=reached)
    return portion._replace(step=portion.step + 1, next_record=0)


async def _note_failures(home: JobHome, portion: Portion, results: StepResults) -> None:
    """Write a row for each record that failed now; that of a former attempt goes when there is another result."""
    is_again = portion.attempt > 1
    succeeded = [record for record in results.records if not record.failure] if is_again and results.is_last else ()
    for record in (*succeeded, *(results.failed if is_again else ())):
        await home.change(REMOVE, portion.job, record.number)
    for record in results.failed:
        await insert_failure(home, portion.job, portion.number, record, portion.attempt)


async def insert_failure(home: JobHome, job: str, portion: int, record: JobRecord, attempt: int) -> None:
    """Write why a record has failed."""
    assert record.failure is not None
    step, type, message = record.failure
    await home.change(INSERT, job, record.number, portion, step, type, message, attempt)


async def _count(home: JobHome, portion: Portion, results: StepResults) -> None:
    succeeded = sum(not record.failure for record in results.records) if results.is_last else 0
    failed = -succeeded if portion.attempt > 1 else len(results.failed)
    if succeeded or failed:
        await home.change(COUNT, succeeded, failed, portion.job)


async def may_go_on(home: JobHome, job: str) -> bool:
    """Return whether further records of a job may be worked on."""
    rows = await home.select(STATE, job)
    if not rows or rows[0]["state"] != "EXECUTING":
        return False
    most = int(rows[0]["most_failed"])
    return most < 0 or int(rows[0]["failed"]) <= most
