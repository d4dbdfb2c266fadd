"""Publishers that wait for room in a queue with a server that tells only how many messages wait."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from engine import FlowError

LOOK_AGAIN = 0.05
"""Seconds between two looks whether a full queue has room."""


class _Waiting(NamedTuple):
    got: asyncio.Future[bool]
    until: float


class Rooms:
    """The rooms for messages, given to the publishers of a process in turn. One task asks the server for all of them.

    count: asks for how many messages there is room; raises VM:CONNECTIVITY if the server is away.
    """

    def __init__(self, count: Callable[[], Awaitable[float]], name: str) -> None:
        self._count = count
        self._name = name
        self._line: deque[_Waiting] = deque()
        self._given = 0
        self._looking: asyncio.Task[None] | None = None

    async def take(self, seconds: float) -> bool:
        """Wait for a room, which is to be left when the message is in the queue; return whether there was one in time.

        The server is asked at least once, however short the time. Raise VM:CONNECTIVITY if it is away.
        """
        loop = asyncio.get_running_loop()
        got: asyncio.Future[bool] = loop.create_future()
        self._line.append(_Waiting(got, loop.time() + seconds))
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name=f"waiting for room in {self._name}")
        try:
            return await got
        except asyncio.CancelledError:
            if got.done() and not got.cancelled() and not got.exception() and got.result():
                self.leave()
            raise

    def leave(self) -> None:
        self._given -= 1

    async def end(self) -> None:
        """End the task. Who still waits gets no room."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])
        self._answer_all(lambda got: got.set_result(False))
        self._looking, self._given = None, 0

    async def _look(self) -> None:
        while self._line:
            await self._look_once()

    async def _look_once(self) -> None:
        given = self._given  # one that is in the queue before the answer comes may count twice, but never not at all
        try:
            rooms = await self._count() - given
        except Exception as failure:
            self._refuse(failure)
            return
        self._give(rooms)
        if self._line:
            await asyncio.sleep(self._pause())

    def _give(self, rooms: float) -> None:
        """Let the first in, and send those away whose time is over."""
        now = asyncio.get_running_loop().time()
        line, self._line = self._line, deque()
        for waiting in line:
            if waiting.got.done():  # the publisher was cancelled
                continue
            if rooms >= 1:
                rooms -= 1
                self._given += 1
                waiting.got.set_result(True)
            elif waiting.until <= now:
                waiting.got.set_result(False)
            else:
                self._line.append(waiting)

    def _refuse(self, failure: Exception) -> None:
        """Raise the failure in all publishers; of a FlowError, each has its own, at which its flow notes the place."""
        self._answer_all(lambda got: got.set_exception(failure.copy() if isinstance(failure, FlowError) else failure))

    def _answer_all(self, answer: Callable[[asyncio.Future[bool]], None]) -> None:
        line, self._line = self._line, deque()
        for waiting in line:
            if not waiting.got.done():
                answer(waiting.got)

    def _pause(self) -> float:
        first = min(waiting.until for waiting in self._line)
        return min(LOOK_AGAIN, max(0.0, first - asyncio.get_running_loop().time()))
