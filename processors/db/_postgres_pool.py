"""Connections that are kept for the next statement."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic

from engine import FlowError
from engine.connectors import Counter, Measures
from processors.db._database import ConnectionCounts, Pooling
from processors.db._errors import DB_CONNECTIVITY
from processors.db._meter import timeouts
from processors.db._postgres_errors import FAILURES, unreachable
from processors.db._postgres_session import Session

VOUCHED = 30.0
"""Seconds after which an unused connection is checked to be alive."""

UNUSED = 300.0
"""Seconds after which it is closed, if there are more than the pool wants to keep."""

SETTLING = 5.0
"""Seconds that the server has for undoing a cancelled statement; then the connection is given up."""

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0
"""Seconds after a failed attempt to connect in which others fail immediately; doubled with each failure."""


class Pool:
    """At most so many connections; tasks that find none free wait, first come, first served.

    An attempt to connect that fails raises DB:CONNECTIVITY immediately, and so does every other for a short while; then
    the next one tries again.
    """

    def __init__(self, connect: Callable[[], Awaitable[Session]], pooling: Pooling) -> None:
        self._connect = connect
        self._pooling = pooling
        self._room = asyncio.Semaphore(pooling.most)
        self._idle: deque[Session] = deque()
        self._settling: set[asyncio.Task[None]] = set()
        self._used = self._waiting = 0
        self._timeouts = Counter()
        self._pause = 0.0
        self._refused: tuple[float, FlowError | None] = 0.0, None
        self._is_closed = False

    async def take(self) -> Session:
        """Return an open connection, for one task alone, until it is given back. Raise DB:CONNECTIVITY."""
        if self._room.locked():
            await self._wait()
        else:
            await self._room.acquire()
        try:
            session = await self._found() or await self._opened()
        except BaseException:
            self._room.release()
            raise
        self._used += 1
        return session

    def give(self, session: Session) -> None:
        """Give a connection back, in a known state: outside a transaction, with nothing running."""
        self._used -= 1
        if self._is_closed:
            session.terminate()
        elif not session.is_closed:
            session.used_at = monotonic()
            self._idle.append(session)
        self._room.release()

    def settle(self, session: Session) -> asyncio.Task[None]:
        """Give back a connection in any state: uncommitted changes are undone first."""
        task = asyncio.create_task(self._settle(session))
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)
        return task

    async def fill(self) -> None:
        """Open the connections that are kept even if nobody uses them, as far as they can be had."""
        sessions: list[Session] = []
        with suppress(FlowError):
            while len(sessions) < min(self._pooling.least, self._pooling.most):
                sessions.append(await self.take())
        for session in sessions:
            self.give(session)

    async def close(self) -> None:
        """Close all; those in use when they are given back."""
        self._is_closed = True
        await asyncio.gather(*self._settling, return_exceptions=True)
        while self._idle:
            await self._idle.pop().close()

    def connections(self) -> ConnectionCounts:
        return ConnectionCounts(len(self._idle), self._used, self._waiting)

    def measure(self, measures: Measures, config: str) -> None:
        self._timeouts = timeouts(measures, config)

    async def _wait(self) -> None:
        self._waiting += 1
        try:
            async with asyncio.timeout(self._pooling.wait):
                await self._room.acquire()
        except TimeoutError:
            self._timeouts.value += 1
            raise FlowError(DB_CONNECTIVITY, "no connection to the database was free in time") from None
        finally:
            self._waiting -= 1

    async def _found(self) -> Session | None:
        """Return an idle connection: the last one used, so that others grow old."""
        self._prune()
        while self._idle:
            session = self._idle.pop()
            if session.is_closed:
                continue
            if monotonic() - session.used_at < VOUCHED or await session.is_alive():
                return session
            session.terminate()
        return None

    def _prune(self) -> None:
        while len(self._idle) > self._pooling.least and monotonic() - self._idle[0].used_at > UNUSED:
            self._idle.popleft().terminate()

    async def _opened(self) -> Session:
        until, refusal = self._refused
        if refusal is not None and monotonic() < until:
            raise refusal.copy()
        try:
            async with asyncio.timeout(self._pooling.wait):
                session = await self._connect()
        except FAILURES as error:
            self._pause = min(self._pause * 2 or FIRST_PAUSE, LONGEST_PAUSE)
            failure = unreachable(error)
            self._refused = monotonic() + self._pause, failure
            raise failure from error
        self._pause, self._refused = 0.0, (0.0, None)
        return session

    async def _settle(self, session: Session) -> None:
        try:
            async with asyncio.timeout(SETTLING):
                await session.reset()
        except FAILURES:
            session.terminate()
        except BaseException:
            session.terminate()
            raise
        finally:
            self.give(session)
