"""An aggregator of all records: portions wait before the next step until it has taken the records of each."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from engine.jobs.home import JobHome
from engine.jobs.job import ClaimLost
from engine.jobs.records import RecordFailure, unpack

HELD_BEFORE = "SELECT min(step) AS step FROM engine_batch_portions WHERE job = ? AND state = 'HELD'"
NEXT = """
SELECT min(block_number) AS block_number FROM engine_batch_portions
WHERE job = ? AND state = 'HELD' AND step = ? AND block_number > ?
"""
PIECES = """
SELECT data FROM engine_batch_pieces WHERE job = ? AND block_number = ? AND step = ? ORDER BY first_record
"""
NOTE = "INSERT INTO engine_batch_gathered(job, step, name, type, message) VALUES(?, ?, ?, ?, ?)"
LET_GO = "UPDATE engine_batch_portions SET state = 'WAITING' WHERE job = ? AND state = 'HELD' AND step = ?"
GIVE_BACK = "UPDATE engine_batch_jobs SET lease_until = 0.0 WHERE id = ? AND owner = ? AND state = 'EXECUTING'"
FAILURE = "SELECT name, type, message FROM engine_batch_gathered WHERE job = ? AND step = ? AND type IS NOT NULL"


async def held_before(home: JobHome, job: str) -> int | None:
    """Return the number of the step before which portions wait for each other; None if none do."""
    step: int | None = (await home.select(HELD_BEFORE, job))[0]["step"]
    return step


async def taken_records(home: JobHome, job: str, step: int) -> AsyncGenerator[list[Any], None]:
    """Yield the payloads of the records that wait before a step, and that the aggregator takes, portion by portion."""
    number = -1
    while (number := (await home.select(NEXT, job, step, number))[0]["block_number"]) is not None:
        for row in await home.select(PIECES, job, number, step):
            if payloads := [record.payload for record in unpack(bytes(row["data"])) if record.is_taken]:
                yield payloads


async def end_gathering(home: JobHome, job: str, owner: str, step: int, failure: RecordFailure | None) -> None:
    """Let the portions go on. failure: that of the aggregator, and so of each of its records.

    Raises ClaimLost if somebody else has done so: nothing may be kept then.
    """
    async with home.together():
        if not await home.change(GIVE_BACK, job, owner):
            raise ClaimLost
        await home.change(NOTE, job, step, *(failure or (None, None, None)))
        await home.change(LET_GO, job, step)


async def failure_of_gathering(home: JobHome, job: str, step: int) -> RecordFailure | None:
    """Return the failure of the aggregator before a step."""
    rows = await home.select(FAILURE, job, step)
    return RecordFailure(rows[0]["name"], rows[0]["type"], rows[0]["message"]) if rows else None
