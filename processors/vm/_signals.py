"""Waits for something that another machine does, told by a stream of signals in Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from engine.connectors import Line, RedisConnection

T = TypeVar("T")
Attempt = Callable[[], Awaitable[tuple[T | None, bytes]]]
"""Tries something; returns its result, None if that is not possible now, and the last signal that it knows of."""

LOOK_AGAIN = 1.0
"""Seconds after which an attempt is made without a signal: what dead processes held comes without one."""


class Signals:
    """The tasks of a process that wait for one stream of signals. One at a time listens, the others stand in line."""

    def __init__(self, connection: RedisConnection, stream: str) -> None:
        self._connection = connection
        self._stream = stream
        self._line: Line | None = None
        self._turn = asyncio.Lock()

    def close(self) -> None:
        """Forget the line, which is closed, and the event loop."""
        self._line, self._turn = None, asyncio.Lock()

    async def until(self, attempt: Attempt[T], seconds: float | None) -> T | None:
        """Return the result of the first attempt that has one; None if the seconds pass before."""
        result, seen = await attempt()
        if result is not None or (seconds is not None and seconds <= 0):
            return result
        deadline = None if seconds is None else asyncio.get_running_loop().time() + seconds
        try:
            async with asyncio.timeout_at(deadline):
                await self._turn.acquire()
        except TimeoutError:
            return None
        try:
            return await self._next(attempt, seen, deadline)
        finally:
            self._turn.release()

    async def _next(self, attempt: Attempt[T], seen: bytes, deadline: float | None) -> T | None:
        """Return the result of the first attempt after another signal; attempts are not cut short by the deadline."""
        result = None
        line = self._line = self._line or self._connection.line()
        while result is None and (left := _left(deadline)) > 0:
            milliseconds = max(1, round(left * 1000))  # 0 would be for ever
            command = ("XREAD", "COUNT", 1, "BLOCK", milliseconds, "STREAMS", self._stream, seen)
            await line.command(*command, wait=left)
            result, seen = await attempt()
        return result


def _left(deadline: float | None) -> float:
    left = LOOK_AGAIN if deadline is None else deadline - asyncio.get_running_loop().time()
    return min(left, LOOK_AGAIN)
