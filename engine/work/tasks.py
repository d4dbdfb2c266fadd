"""Background work, which its caller does not wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class Tasks:
    """Background tasks of an application: kept until they end, awaited when it stops.

    refused: how many were rejected for lack of room.
    """

    def __init__(self) -> None:
        self.refused = 0
        self._running: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run the coroutine as a task. It must not raise: nobody would notice."""
        task = asyncio.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def none(self) -> None:
        """Wait until all have ended, including any started meanwhile."""
        while self._running:
            await asyncio.wait(self._running)

    async def drain(self, seconds: float | None) -> int:
        """Wait until all have ended, including any started meanwhile. Return how many had to be cancelled."""
        try:
            async with asyncio.timeout(seconds):
                await self.none()
        except TimeoutError:
            pass
        late = list(self._running)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return len(late)
