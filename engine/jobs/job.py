"""A job and its portions, as they stand in the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

LOADING, EXECUTING, SUCCESSFUL, CANCELLED = "LOADING", "EXECUTING", "SUCCESSFUL", "CANCELLED"
FAILED_LOADING, FAILED_PROCESS_RECORDS = "FAILED_LOADING", "FAILED_PROCESS_RECORDS"
FAILED_ON_COMPLETE = "FAILED_ON_COMPLETE"
"""The states of a job: Mule's."""

WAITING, HELD, DONE = "WAITING", "HELD", "DONE"
"""The states of a portion; HELD: until the aggregator has taken the records of all."""


class Job(NamedTuple):
    """A job, at one moment.

    created, started, ended, now: seconds since 1970; now is when it was looked at. total: how many records it has;
    those that are loaded by now, as long as it is LOADING. most_failed: how many may fail; -1 is any number.
    steps: how many there are. reason: why it failed, if no record is to blame. claim: the number of the last claim.
    """

    id: str
    name: str
    state: str
    created: float
    started: float | None
    ended: float | None
    total: int
    succeeded: int
    failed: int
    most_failed: int
    steps: int
    correlation_id: str
    reason: str | None
    now: float

    @property
    def processed(self) -> int:
        return self.succeeded + self.failed

    @property
    def is_over(self) -> bool:
        return self.state not in (LOADING, EXECUTING)

    @property
    def has_failed_too_often(self) -> bool:
        return 0 <= self.most_failed < self.failed

    @property
    def elapsed(self) -> float:
        """Return for how many seconds it has run."""
        return max(0.0, (self.ended or self.now) - self.created)

    @property
    def rate(self) -> float:
        """Return how many records a second had their outcome, since all were loaded."""
        seconds = (self.ended or self.now) - (self.started or self.now)
        return self.processed / seconds if seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Return how many seconds it takes until all have one, at this rate; None if that is not known."""
        if self.state != EXECUTING or not self.rate:
            return None
        return (self.total - self.processed) / self.rate

    def result(self) -> dict[str, Any]:
        """Return what Mule calls the result of a batch job, and its progress."""
        left = self.seconds_left
        return {
            "batchJobInstanceId": self.id,
            "jobName": self.name,
            "status": self.state,
            "totalRecords": self.total,
            "loadedRecords": self.total,
            "processedRecords": self.processed,
            "successfulRecords": self.succeeded,
            "failedRecords": self.failed,
            "elapsedTimeInMillis": round(self.elapsed * 1000),
            "recordsPerSecond": round(self.rate, 1),
            "secondsLeft": None if left is None else round(left, 1),
            "failedOnLoadingPhase": self.state == FAILED_LOADING,
            "failedOnCompletePhase": self.state == FAILED_ON_COMPLETE,
            "reason": self.reason,
        }


class Beginning(NamedTuple):
    """What each record of a job begins with."""

    variables: Mapping[str, Any]
    correlation_id: str


class Portion(NamedTuple):
    """Some records of a job that one worker has claimed.

    step: the number of the step that they enter. next_record: the place of the first record without a result of this
    step. attempt: 1, and more if the records were sent through the steps again. claim: only its latest holder may
    write.
    """

    job: str
    number: int
    first_record: int
    records: int
    step: int
    next_record: int
    attempt: int
    claim: int

    @classmethod
    def of(cls, row: Mapping[str, Any], claim: int | None = None) -> Portion:
        names = ("job", "block_number", "first_record", "records", "step", "next_record", "attempt", "claim")
        portion = cls(*(row[name] for name in names))
        return portion if claim is None else portion._replace(claim=claim)


class ClaimLost(Exception):
    """Another worker has claimed the portion: what this one has done of it since its last outcome is undone."""
