"""The end of a server: running requests get some time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger("engine")


class Ending:
    """The end, requested by signals: the first gives some seconds, the second none."""

    def __init__(self, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._asked = self._loop.create_future()
        self.seconds = seconds
        self._deadline = 0.0
        self._limit: asyncio.Timeout | None = None

    def ask(self) -> None:
        """Take note of a signal."""
        if not self._asked.done():
            self._deadline = self._loop.time() + self.seconds
            self._asked.set_result(None)
            return
        self._deadline = self._loop.time()
        if self._limit and not self._limit.expired():
            self._limit.reschedule(self._deadline)

    @property
    def is_asked(self) -> bool:
        return self._asked.done()

    @property
    def seconds_left(self) -> float:
        return max(0.0, self._deadline - self._loop.time())

    async def stop(self, sources: Callable[[], Awaitable[None]]) -> None:
        """Stop the sources when a signal has come, within the time."""
        await self._asked
        began = self._loop.time()
        try:
            async with asyncio.timeout_at(self._deadline) as self._limit:
                await sources()
        except TimeoutError:
            log.warning("sources did not end within %g s", round(self._loop.time() - began, 1))
        finally:
            self._limit = None
