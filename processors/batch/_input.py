"""The records of a new job, in blocks, as they come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from engine import Message, Stream
from engine.connectors import JobRecord, RecordFailure, Unreadable
from processors.core._items import checked_items


async def blocks_of(value: Any, size: int) -> AsyncIterator[list[JobRecord]]:
    """Yield the records of a list or a stream, `size` at a time. Raises MULE:EXPRESSION for any other value."""
    number = 0
    async for items in _portions(value, size):
        yield [_record(number + place, item) for place, item in enumerate(items)]
        number += len(items)


async def _portions(value: Any, size: int) -> AsyncIterator[Sequence[Any]]:
    if isinstance(value, Stream):
        async for portion in value.portions(size, all_items=True):
            yield portion
        return
    items = checked_items(value, "batch:job")
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _record(number: int, item: Any) -> JobRecord:
    if isinstance(item, Unreadable):
        return JobRecord(number, item.value, None, RecordFailure.of("", "HTTP:BAD_REQUEST", item.detail))
    return JobRecord(number, item.payload if isinstance(item, Message) else item)
