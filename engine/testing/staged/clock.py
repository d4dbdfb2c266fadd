"""The clock of an application under test: waits take no time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from engine.work.clock import Clock

DAY = 86400.0
"""Seconds between two cases: data that elements keep for a while, such as the requests of a rate limit, expires."""

PAUSE = 0.002
"""Seconds after which it is checked whether woken tasks still work."""

TURNS = 3
"""Turns of the event loop in which a task that was begun or woken waits again, if it has nothing to do."""

MOST_PAUSES = 25
"""How often that is checked: slower work goes on while time does."""

_moves: ContextVar[bool] = ContextVar("moves_the_clock", default=False)


class CaseClock(Clock):
    """Time that moves on by itself when something waits for it, so that no test does.

    It is set for each case. If sources are on, waits take their time: otherwise a scheduler would never stop firing. If
    the case also sets the time, time stands still, and moves on from one wait to the next only as the case itself
    waits, or for its expectations.
    """

    def __init__(self) -> None:
        self._passed = 0.0  # what monotonic is ahead by
        self.set(None, skips=True)

    def set(self, now: datetime | None, *, skips: bool) -> None:
        """Stop at a moment, or if it is None go on with the machine's time; skips: whether waits take no time."""
        self._now = now
        self._skips = skips
        self.is_moved = now is not None and not skips
        self._began = super().monotonic()
        self._skipped = 0.0
        self._passed += DAY
        self._numbers = count()
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []

    @contextmanager
    def moving(self) -> Iterator[None]:
        """Within it, waiting moves time on; other tasks wait until the time comes."""
        token = _moves.set(True)
        try:
            yield
        finally:
            _moves.reset(token)

    def now(self) -> datetime:
        return (self._now or super().now()) + timedelta(seconds=self._skipped)

    def monotonic(self) -> float:
        return (self._began if self.is_moved else super().monotonic()) + self._passed

    async def sleep(self, seconds: float) -> None:
        seconds = max(0.0, seconds)
        if self.is_moved:
            await (self._move(seconds) if _moves.get() else self._wait(seconds))
            return
        if self._skips:
            self._pass(seconds)
            seconds = 0.0
        await super().sleep(seconds)

    def _pass(self, seconds: float) -> None:
        self._skipped += seconds
        self._passed += seconds

    async def _wait(self, seconds: float) -> None:
        waiting = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (self._skipped + seconds, next(self._numbers), waiting))
        await waiting

    async def _move(self, seconds: float) -> None:
        end = self._skipped + seconds
        while await self.wake_next(end - self._skipped):
            pass

    async def wake_next(self, seconds: float) -> bool:
        """Move on to the next moment within the seconds for which something waits; or by all, if nothing does.

        Return whether there was one.
        """
        await self._turn()
        while self._waiting and self._waiting[0][2].done():  # the waiting task was cancelled
            heappop(self._waiting)
        if not self._waiting or self._waiting[0][0] > self._skipped + seconds:
            self._pass(max(0.0, seconds))
            return False
        busy = self._busy()
        due, _, waiting = heappop(self._waiting)
        self._pass(max(0.0, due - self._skipped))
        waiting.set_result(None)
        await self._settle(busy)
        return True

    async def _turn(self) -> None:
        """Let tasks that were begun get as far as waiting."""
        for _ in range(TURNS):
            await super().sleep(0)

    def _busy(self) -> int:
        """Return how many tasks do not wait for the time."""
        return len(asyncio.all_tasks()) - sum(not waiting.done() for _, _, waiting in self._waiting)

    async def _settle(self, busy: int) -> None:
        """Let woken tasks work until they wait again."""
        for _ in range(MOST_PAUSES):
            await self._turn()
            if self._busy() <= busy:
                return
            await super().sleep(PAUSE)
