"""Tasks that wait for a condition, on the clock of the application."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from engine import Clock


class Waiters:
    """Tasks that wait for the same condition: each `wake` lets one of them check again, in order."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()

    def wake(self) -> None:
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():  # the waiting task may have been cancelled
                waiting.set_result(None)
                return

    def wake_all(self) -> None:
        for _ in range(len(self._waiting)):
            self.wake()

    async def until(self, holds: Callable[[], bool], clock: Clock, seconds: float | None = None) -> bool:
        """Wait until the condition holds, at most for the seconds; return whether it does."""
        deadline = None if seconds is None else clock.monotonic() + seconds
        while not holds():
            left = None if deadline is None else deadline - clock.monotonic()
            if left is not None and left <= 0:
                return False
            await self._look_again(clock, left)
        return True

    async def _look_again(self, clock: Clock, seconds: float | None) -> None:
        woken = asyncio.get_running_loop().create_future()
        self._waiting.append(woken)
        try:
            await within(clock, seconds, woken)
        except asyncio.CancelledError:
            if woken.done() and not woken.cancelled():  # the turn is passed to the next
                self.wake()
            raise
        finally:
            woken.cancel()


async def within(clock: Clock, seconds: float | None, future: asyncio.Future[Any]) -> bool:
    """Wait for a future, at most for the seconds of the clock; return whether it is done. It is not cancelled."""
    if seconds is None or future.done():
        await asyncio.wait([future])
        return True
    alarm = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait([future, alarm], return_when=asyncio.FIRST_COMPLETED)
    finally:
        alarm.cancel()
    return future.done()
