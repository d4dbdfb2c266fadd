"""Records on their way through the steps of a job, and the bytes in which they wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from engine.limits import LONGEST_OUTCOME
from engine.values.stored_values import NotSerialisable, restore, serialise

LONGEST_NAME = 200
"""Characters of the type of an error, and of the name of a step."""


class RecordFailure(NamedTuple):
    """Why a record failed. step: the name of the step; empty if it could not be read."""

    step: str
    type: str
    message: str

    @classmethod
    def of(cls, step: str, type: str, message: str) -> RecordFailure:
        """Make it, of a message of any length."""
        text = message.replace("\0", "")[:LONGEST_OUTCOME].encode(errors="replace").decode()
        return cls(step, type[:LONGEST_NAME], text)


class JobRecord(Struct):
    """One record of a job, as it enters a step.

    number: its place in the input, from 0. variables: those of its own; None for those with which the job began.
    failure: the first error that it met; None as long as it has met none. is_taken: whether the aggregator of all
    records takes it.
    """

    number: int
    payload: Any
    variables: Mapping[str, Any] | None = None
    failure: RecordFailure | None = None
    is_taken: bool = False

    def having_failed(self, failure: RecordFailure) -> JobRecord:
        """Return the record with its first error: this one, unless it has another."""
        return JobRecord(self.number, self.payload, self.variables, self.failure or failure)


def pack(records: Sequence[JobRecord]) -> bytes:
    """Return the records, at least one, as bytes. Raises NotSerialisable if a value cannot be kept."""
    numbers: int | list[int] = records[0].number
    if records[-1].number - records[0].number != len(records) - 1:  # they ascend
        numbers = [record.number for record in records]
    some = [(place, record) for place, record in enumerate(records) if record.variables is not None or record.failure]
    variables = {place: record.variables for place, record in some if record.variables is not None} or None
    failures = {place: list(record.failure) for place, record in some if record.failure} or None
    taken = [place for place, record in enumerate(records) if record.is_taken]
    return serialise([numbers, [record.payload for record in records], variables, failures, taken])


def unpack(data: bytes) -> list[JobRecord]:
    """Return the records of the bytes."""
    numbers, payloads, variables, failures, taken = restore(data)
    if isinstance(numbers, int):
        numbers = range(numbers, numbers + len(payloads))
    records = [JobRecord(number, payload) for number, payload in zip(numbers, payloads, strict=True)]
    for place, own in (variables or {}).items():
        records[place].variables = own
    for place, failure in (failures or {}).items():
        records[place].failure = RecordFailure(*failure)
    for place in taken:
        records[place].is_taken = True
    return records


class Packed(NamedTuple):
    """Some records, and the bytes of them."""

    records: Sequence[JobRecord]
    data: bytes


def packed(records: Sequence[JobRecord], step: str = "") -> Iterator[Packed]:
    """Yield the records in as few groups as fit into the bound of a stored value.

    A record that fits into none, or has a value that cannot be kept, has failed; its payload is then null.
    step: the one that left them so.
    """
    try:
        yield Packed(records, pack(records))
    except NotSerialisable as reason:
        if len(records) == 1:
            failure = RecordFailure.of(step, "BATCH:INVALID_VALUE", f"the record cannot be stored: {reason}")
            unkept = [JobRecord(records[0].number, None, None, records[0].failure or failure)]
            yield Packed(unkept, pack(unkept))
            return
        half = len(records) // 2
        yield from packed(records[:half], step)
        yield from packed(records[half:], step)
