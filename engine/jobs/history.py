"""What stands in the tables of jobs, for those who look, correct and send again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from engine.jobs.claims import job_of
from engine.jobs.home import JobHome
from engine.jobs.job import DONE, Job
from engine.jobs.loading import add
from engine.jobs.records import JobRecord, packed, unpack
from engine.limits import MOST_RESULTS_IN_PAGE

LIST = """
SELECT {job} FROM engine_batch_jobs WHERE application = ? AND name = ? ORDER BY created DESC, id LIMIT 1000
"""
FIND = "SELECT {job} FROM engine_batch_jobs WHERE application = ? AND name = ? AND id = ?"
CANCEL = """
UPDATE engine_batch_jobs SET state = 'CANCELLED', ended = {now}, lease_until = 0.0
WHERE id = ? AND state IN ('LOADING', 'EXECUTING')
"""
OLD = """
SELECT id FROM engine_batch_jobs WHERE application = ? AND name = ? AND ended IS NOT NULL AND ended < {now} - ?
"""
TABLES = ("failures", "pieces", "portions")
FORGET = (
    "DELETE FROM engine_batch_gathered WHERE job = ?",
    "DELETE FROM engine_batch_failures WHERE job = ?",
    "DELETE FROM engine_batch_pieces WHERE job = ?",
    "DELETE FROM engine_batch_portions WHERE job = ?",
    "DELETE FROM engine_batch_jobs WHERE id = ?",
)
PORTIONS = """
SELECT block_number, first_record, records, step, next_record, state, attempt FROM engine_batch_portions
WHERE job = ? AND attempt = 1 AND first_record + records > ? ORDER BY block_number LIMIT ?
"""
FAILURES = """
SELECT record, block_number, step, type, message, attempts FROM engine_batch_failures
WHERE job = ? AND record > ? ORDER BY record LIMIT ?
"""
FAILED_BETWEEN = """
SELECT record, block_number, step, type, message, attempts FROM engine_batch_failures
WHERE job = ? AND record > ? AND record <= ?
"""
PIECE = "SELECT data FROM engine_batch_pieces WHERE job = ? AND block_number = ? AND step = 0"
LAST_PORTION = """
SELECT max(block_number) AS last_portion, max(attempt) AS last_attempt FROM engine_batch_portions WHERE job = ?
"""
GATHER_AGAIN = "DELETE FROM engine_batch_gathered WHERE job = ?"
AGAIN = """
UPDATE engine_batch_jobs SET state = 'EXECUTING', ended = NULL, reason = NULL, lease_until = 0.0,
  most_failed = CASE WHEN most_failed < 0 THEN most_failed ELSE most_failed + failed END
WHERE id = ? AND state NOT IN ('LOADING', 'EXECUTING', 'FAILED_LOADING')
  AND (failed > 0 OR state <> 'SUCCESSFUL')
"""


class Result(NamedTuple):
    """What became of one record. status: succeeded or failed. payload: as it was stored."""

    number: int
    status: str
    payload: Any
    step: str | None = None
    type: str | None = None
    message: str | None = None
    attempts: int = 1

    def shown(self) -> dict[str, Any]:
        return {
            "recordNumber": self.number,
            "status": self.status,
            "step": self.step,
            "type": self.type,
            "message": self.message,
            "attempts": self.attempts,
            "payload": self.payload,
        }


async def jobs_of(home: JobHome, name: str) -> list[Job]:
    """Return the jobs of a name, the newest first; 1,000 of them at most."""
    return [job_of(row) for row in await home.select(LIST, home.application, name)]


async def find_job(home: JobHome, name: str, id: str) -> Job | None:
    rows = await home.select(FIND, home.application, name, id)
    return job_of(rows[0]) if rows else None


async def cancel_job(home: JobHome, id: str) -> bool:
    """End a job; records in progress get their outcome, others get none. Return whether there was anything to end."""
    return bool(await home.change(CANCEL, id))


async def forget_old_jobs(home: JobHome, name: str, age: float) -> int:
    """Remove the jobs of a name that ended so many seconds ago; return how many there were."""
    old = [row["id"] for row in await home.select(OLD, home.application, name, age)]
    for id in old:
        async with home.together():
            for statement in FORGET:
                await home.change(statement, id)
    return len(old)


# Results


async def failed_results(home: JobHome, job: str, after: int = -1, limit: int = MOST_RESULTS_IN_PAGE) -> list[Result]:
    """Return the failed records behind a number, in their order."""
    rows = await home.select(FAILURES, job, after, min(limit, MOST_RESULTS_IN_PAGE))
    payloads = await _payloads(home, job, {row["record"]: row["block_number"] for row in rows})
    return [_failed(row, payloads.get(row["record"])) for row in rows]


def _failed(row: Mapping[str, Any], payload: Any) -> Result:
    return Result(row["record"], "failed", payload, row["step"], row["type"], row["message"], row["attempts"])


async def _payloads(home: JobHome, job: str, portions: Mapping[int, int]) -> dict[int, Any]:
    """Return the payloads of records, given the portion of each."""
    found = {}
    for portion in sorted(set(portions.values())):
        records = await _stored(home, job, portion)
        found.update({record.number: record.payload for record in records if record.number in portions})
    return found


async def _stored(home: JobHome, job: str, portion: int) -> list[JobRecord]:
    return [record for row in await home.select(PIECE, job, portion) for record in unpack(bytes(row["data"]))]


async def results_of(
    home: JobHome, job: Job, status: str, after: int = -1, limit: int = MOST_RESULTS_IN_PAGE
) -> tuple[list[Result], int | None]:
    """Return what became of the records behind a number, and the number to go on behind; None if there are no more.

    Records without an outcome are left out. status: succeeded, failed or all.
    """
    limit = min(limit, MOST_RESULTS_IN_PAGE)
    if status == "failed":
        found = await failed_results(home, job.id, after, limit)
    else:
        found = await _all_results(home, job, status, after, limit)
    return found, found[-1].number if len(found) == limit else None


async def _all_results(home: JobHome, job: Job, status: str, after: int, limit: int) -> list[Result]:
    found: list[Result] = []
    async for some in _by_portion(home, job, after):
        found += [result for result in some if status in ("all", result.status)]
        if len(found) >= limit:
            break
    return found[:limit]


async def _by_portion(home: JobHome, job: Job, after: int) -> AsyncIterator[list[Result]]:
    while rows := await home.select(PORTIONS, job.id, after + 1, 10):
        for row in rows:
            first, last = row["first_record"], row["first_record"] + row["records"] - 1
            failures = await home.select(FAILED_BETWEEN, job.id, first - 1, last)
            failed = {failure["record"]: failure for failure in failures}
            ready = _with_outcome(row, job.steps)
            yield list(_of_portion(await _stored(home, job.id, row["block_number"]), failed, ready, after))
            after = last


def _with_outcome(portion: Mapping[str, Any], steps: int) -> int:
    """Return how many records of a portion have been through the last step."""
    if portion["state"] == DONE:
        return int(portion["records"])
    return int(portion["next_record"]) if portion["step"] == steps - 1 else 0


def _of_portion(
    records: Sequence[JobRecord], failed: Mapping[int, Mapping[str, Any]], ready: int, after: int
) -> Iterator[Result]:
    for place, record in enumerate(records):
        if record.number <= after:
            continue
        if record.number in failed:
            yield _failed(failed[record.number], record.payload)
        elif place < ready:
            yield Result(record.number, "succeeded", record.payload)


# Once more


async def retry_job(home: JobHome, id: str) -> int | None:
    """Send the failed records of a job that is over through its steps again; return how many.

    Records that could not be read or stored have nothing to send. What was never begun, because too many had failed or
    the job was cancelled, goes on, too. None if the job is not over, or all its
    records have succeeded.
    """
    async with home.together():
        if not await home.change(AGAIN, id):
            return None
        await home.change(GATHER_AGAIN, id)
        last = (await home.select(LAST_PORTION, id))[0]
        number, attempt, count = int(last["last_portion"] or 0), int(last["last_attempt"] or 1) + 1, 0
        async for records in _failed_again(home, id):
            for some, data in packed(records):
                number += 1
                count += len(some)
                await add(home, id, number, some, data, attempt)
    return count


async def _failed_again(home: JobHome, id: str) -> AsyncIterator[list[JobRecord]]:
    after = -1
    while found := await failed_results(home, id, after):
        after = found[-1].number
        if again := [JobRecord(result.number, result.payload) for result in found if result.step]:
            yield again
