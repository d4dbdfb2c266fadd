"""Waits for something that another machine does, told by a stream of signals in Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import TypeVar

from engine.connectors import Line, RedisConnection

T = TypeVar("T")
Attempt = Callable[[], Awaitable[tuple[T | None, bytes]]]
"""Tries something; returns its result, None if that is not possible now, and the last signal that it knows of."""

LOOK_AGAIN = 1.0
"""Seconds after which an attempt is made without a signal: what dead processes held comes without one."""


class Signals:
    """The tasks of a process that wait for one stream of signals, in the order in which they have come.

    One at a time listens. A signal is for the first of them: another one that listens hands its turn over.
    """

    def __init__(self, connection: RedisConnection, stream: str) -> None:
        self._connection = connection
        self._stream = stream
        self.close()

    def close(self) -> None:
        """Forget the line, which is closed, and the event loop."""
        self._line: Line | None = None
        self._numbers = count()
        self._turns = Turns()

    async def until(self, attempt: Attempt[T], seconds: float | None) -> T | None:
        """Return the result of the first attempt that has one; None if the seconds pass before."""
        deadline = None if seconds is None else asyncio.get_running_loop().time() + seconds
        number = next(self._numbers)
        result, seen = await attempt()
        while result is None and _left(deadline) > 0:
            try:
                async with asyncio.timeout_at(deadline):
                    await self._turns.take(number)
            except TimeoutError:
                return None
            try:
                result, seen = await self._next(attempt, number, seen, deadline)
            finally:
                self._turns.give()
        return result

    async def _next(
        self, attempt: Attempt[T], number: int, seen: bytes, deadline: float | None
    ) -> tuple[T | None, bytes]:
        """Make attempts, each after another signal, until one has a result or somebody came before.

        They are not cut short by the deadline.
        """
        result = None
        line = self._line = self._line or self._connection.line()
        while result is None and (left := _left(deadline)) > 0:
            milliseconds = max(1, round(left * 1000))  # 0 would be for ever
            command = ("XREAD", "COUNT", 1, "BLOCK", milliseconds, "STREAMS", self._stream, seen)
            await line.command(*command, wait=left)
            if self._turns.first < number:  # what was signalled is after what that one has seen, too
                break
            result, seen = await attempt()
        return result, seen


class Turns:
    """A lock that those with the lowest numbers get first."""

    def __init__(self) -> None:
        self._is_taken = False
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    @property
    def first(self) -> float:
        """The lowest number that waits."""
        while self._waiting and self._waiting[0][1].done():
            heappop(self._waiting)
        return self._waiting[0][0] if self._waiting else inf

    async def take(self, number: int) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (number, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give()
            turn.cancel()
            raise

    def give(self) -> None:
        self._is_taken = self.first < inf
        if self._is_taken:
            heappop(self._waiting)[1].set_result(None)


def _left(deadline: float | None) -> float:
    left = LOOK_AGAIN if deadline is None else deadline - asyncio.get_running_loop().time()
    return min(left, LOOK_AGAIN)
