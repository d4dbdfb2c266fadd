"""Limits how many events may be inside at the same time."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from engine.expressions.appended import Appended
from engine.values.errors import FLOW_BACK_PRESSURE
from engine.values.refusal import Refusal

LISTS = (list, tuple, Appended)
UNCOUNTED: AbstractContextManager[None] = nullcontext()


def records_of(payload: Any) -> int:
    """Return how many records a payload has: of a list its length, of a map that of its longest list, otherwise 1."""
    if isinstance(payload, LISTS):
        return len(payload)
    if isinstance(payload, dict):
        return max((len(value) for value in payload.values() if isinstance(value, LISTS)), default=1)
    return 1


class Gate:
    """Counts the events inside, and their records, and makes others wait for room."""

    def __init__(self, limit: int | None, max_records: int | None = None) -> None:
        self.limit = limit
        self.max_records = max_records
        self.inside = 0
        self.records = 0
        self.refused = 0
        """How many events were refused so far."""
        self._waiting: deque[asyncio.Future[None]] = deque()

    def resize(self, limit: int | None, max_records: int | None = None) -> None:
        """Have other limits from now on; what is inside stays."""
        self.limit, self.max_records = limit, max_records
        for _ in range(len(self._waiting)):
            self._wake_next()

    @property
    def is_full(self) -> bool:
        if self.limit is not None and self.inside >= self.limit:
            return True
        return self.max_records is not None and self.records >= self.max_records

    async def wait_for_room(self) -> None:
        """Wait until one more may enter."""
        while self.is_full:
            room = asyncio.get_running_loop().create_future()
            self._waiting.append(room)
            try:
                await room
            except asyncio.CancelledError:
                if not room.cancelled():  # pass the room on to the next
                    self._wake_next()
                raise

    def weigh(self, payload: Any) -> AbstractContextManager[None]:
        """Count the records of the payload while the context is open.

        Raises Refusal with MULE:FLOW_BACK_PRESSURE: 503 if there is no room for them now, 413 if there never will be.
        """
        if self.max_records is None:
            return UNCOUNTED
        records = records_of(payload)
        if records > self.max_records:
            self.refused += 1
            detail = f"the payload has more than {self.max_records} records"
            raise Refusal(413, FLOW_BACK_PRESSURE, detail)
        if self.records + records > self.max_records:
            raise self.refusal("too many records are under way", is_early=False)
        return _Weight(self, records)

    def refusal(self, description: str, *, is_early: bool = True) -> Refusal:
        """Return the error of an event that is refused now, and count it."""
        self.refused += 1
        return busy(description, is_early=is_early)

    def __enter__(self) -> None:
        self.inside += 1

    def __exit__(self, *_: object) -> None:
        self.inside -= 1
        if self._waiting:
            self._wake_next()

    def _wake_next(self) -> None:
        while self._waiting:
            room = self._waiting.popleft()
            if not room.done():  # the waiting task may have been cancelled
                room.set_result(None)
                return


class _Weight:
    """Records that count while their event is inside."""

    def __init__(self, gate: Gate, records: int) -> None:
        self._gate, self._records = gate, records

    def __enter__(self) -> None:
        self._gate.records += self._records

    def __exit__(self, *_: object) -> None:
        self._gate.records -= self._records


def busy(description: str, *, is_early: bool = True) -> Refusal:
    """Return the error of an event that finds no room and may retry; is_early: its body has not been read yet."""
    return Refusal(503, FLOW_BACK_PRESSURE, description, {"retry-after": "1"}, is_early=is_early)
