"""Checks what a batch job has left: each record has exactly one outcome, and the table has the effects of these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class History:
    """What stands in the database after a job.

    total, succeeded, failed: as the job counts them. succeeded_records, failed_records: the numbers of the records with
    such an outcome, once for each time that it stands there. effects: the numbers of the records that took effect, once
    for each time.
    """

    state: str
    total: int
    succeeded: int
    failed: int
    succeeded_records: Iterable[int]
    failed_records: Iterable[int]
    effects: Iterable[int]


def violations(history: History, records: int, is_bad: Callable[[int], bool]) -> Iterator[str]:
    """Yield what does not hold of a job with these records, of which some are bad."""
    if history.state != "SUCCESSFUL":
        yield f"the job is {history.state}"
    good, failed = Counter(history.succeeded_records), Counter(history.failed_records)
    effects = Counter(history.effects)
    yield from _of_counts(history, records, good, failed)
    for number in range(records):
        outcomes = good[number] + failed[number]
        if outcomes != 1:
            yield f"record {number} has {outcomes} outcomes"
        elif (failed[number] == 1) != is_bad(number):
            yield f"record {number} has the wrong outcome"
        if effects[number] != (not is_bad(number)):
            yield f"record {number} took effect {effects[number]} times"
    for number in (good | failed | effects).keys() - range(records):
        yield f"record {number} was never sent"


def _of_counts(history: History, records: int, good: Counter[int], failed: Counter[int]) -> Iterator[str]:
    told = {"total": history.total, "succeeded": history.succeeded, "failed": history.failed}
    found = {"total": records, "succeeded": good.total(), "failed": failed.total()}
    yield from (f"{name} is {told[name]}, and there are {found[name]}" for name in told if told[name] != found[name])
