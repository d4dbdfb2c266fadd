"""Notices that something keeps the event loop from its other work."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from engine.work.measures import Histogram, Measures

PERIOD = 0.25
"""Seconds between two looks."""


class LoopWatch:
    """Measures how late the event loop wakes a task that wanted to be woken: all others are as late."""

    def __init__(self, measures: Measures) -> None:
        text = "How late the event loop woke a waiting task"
        self._lag: Histogram = measures.histogram("engine_event_loop_lag_seconds", text)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._watch(), name="the watch over the event loop")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + PERIOD
            await asyncio.sleep(PERIOD)
            self._lag.observe(max(0.0, loop.time() - due))
