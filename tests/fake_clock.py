"""A clock for tests: it stands still until it is moved."""

from __future__ import annotations

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count

from engine import Clock

NANOSECONDS = 10**9
TURNS = 100
"""How many turns of the event loop what was woken gets before the clock moves on."""


class FakeClock(Clock):
    """The clock of an application whose time a test moves: `Application.load(..., clock=FakeClock())`.

        clock = FakeClock()
        waiting = asyncio.create_task(clock.sleep(5))
        await clock.advance(5)

    hurries: each sleep moves the clock itself and ends at once, for tests that only look at `slept`.
    slept: the seconds of each sleep, in the order in which they began.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC), *, hurries: bool = False) -> None:
        self.slept: list[float] = []
        self.hurries = hurries
        self._start = start
        self._passed = 0  # whole nanoseconds, in which 0.1 three times is 0.3
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()

    def now(self) -> datetime:
        return self._start + timedelta(microseconds=self._passed / 1000)

    def monotonic(self) -> float:
        return self._passed / NANOSECONDS

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        nanoseconds = max(0, round(seconds * NANOSECONDS))
        if self.hurries or not nanoseconds:
            self._passed += nanoseconds
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._passed + nanoseconds, next(self._numbers), woken))
        await woken

    @property
    def sleeping(self) -> int:
        """How many sleep."""
        return sum(not woken.done() for _, _, woken in self._sleepers)

    async def advance(self, seconds: float) -> None:
        """Let time pass: who sleeps is woken in order, each at its moment, and gets its turns."""
        until = self._passed + round(seconds * NANOSECONDS)
        await settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            moment, _, woken = heapq.heappop(self._sleepers)
            self._passed = max(self._passed, moment)
            if not woken.done():  # who slept may have been cancelled
                woken.set_result(None)
                await settle()
        self._passed = until

    def set(self, moment: datetime) -> None:
        """Set the time of day, as a person or a time server does; who sleeps does not notice."""
        self._start += moment - self.now()


async def settle() -> None:
    """Give all tasks of the event loop their turns."""
    for _ in range(TURNS):
        await asyncio.sleep(0)
