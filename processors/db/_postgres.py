"""PostgreSQL, over asyncpg."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from time import monotonic
from typing import Any, TypeVar

from engine import FlowError
from engine.connectors import BatchCounts, BatchInDoubt, BatchLost, Measures, logical_task
from processors.db._apart import apart, stands_apart
from processors.db._database import ConnectionCounts, ParameterStyle, Pooling
from processors.db._errors import DB_CONNECTIVITY
from processors.db._postgres_batch import Batch, InDoubt
from processors.db._postgres_call import calling
from processors.db._postgres_errors import FAILURES, failure_of
from processors.db._postgres_lists import among, array
from processors.db._postgres_part import PostgresPart, ended
from processors.db._postgres_pool import Pool
from processors.db._postgres_script import Pace, Script
from processors.db._postgres_session import OUTDATED, Reply, Session
from processors.db._postgres_statements import PostgresStatements

Result = TypeVar("Result")

FATE_PAUSE = 0.1
"""Seconds between two queries about the outcome of a commit."""


ALONE = 1.0
"""Seconds without new batches after one that others blocked: they want the same rows."""


class PostgresDatabase(PostgresStatements):
    """A database of a PostgreSQL server: each statement on a connection of the pool, committed on its own."""

    at_once = None  # the server is waited for
    is_pooled = True
    style = ParameterStyle(lambda number: f"${number}", among, array, is_shared=True, has_types=True, calling=calling)

    def __init__(self, url: str, pooling: Pooling) -> None:
        self._pool = Pool(partial(Session.open, url), pooling)
        self._scripts: dict[asyncio.Task[Any] | None, Script] = {}
        self._pace = Pace()
        self.batches = BatchCounts()
        self._alone_until = 0.0
        self._patience = pooling.wait

    @property
    def batching(self) -> PostgresDatabase:
        return self

    def is_in_batch(self) -> bool:
        return bool(self._scripts) and logical_task() in self._scripts

    def connections(self) -> ConnectionCounts:
        return self._pool.connections()

    def measure(self, measures: Measures, config: str) -> None:
        self.batches.measure(measures, config=config)
        self._pool.measure(measures, config)

    async def start(self) -> None:
        await self._pool.fill()

    async def is_ready(self) -> bool:
        try:
            session = await self._pool.take()
        except FlowError:
            return False
        is_alive = await session.is_alive()
        self._pool.give(session)
        return is_alive

    async def close(self) -> None:
        await self._pool.close()

    async def begin(self, outer: PostgresPart | None) -> PostgresPart:
        """Begin a part in a transaction. Raise DB:CONNECTIVITY if no connection is free."""
        if outer is None:
            return await self._begin("BEGIN")
        part = PostgresPart(outer.session, outer.level + 1, lambda is_settled: None, outer=outer)
        await outer.nest(part)
        return part

    async def _begin_apart(self) -> PostgresPart:
        """Begin a transaction for a statement with a time limit: constraints are checked by it, not at the commit."""
        return await self._begin("BEGIN; SET CONSTRAINTS ALL IMMEDIATE")

    async def _begin(self, beginning: str) -> PostgresPart:
        session = await self._pool.take()
        part = PostgresPart(session, 0, partial(self._finish, session), beginning)
        try:
            await part.begin()
        except BaseException as error:
            self._pool.settle(session)
            if isinstance(error, FAILURES):
                raise failure_of(error) from error
            raise
        return part

    def _finish(self, session: Session, is_settled: bool) -> asyncio.Task[None] | None:
        if is_settled or session.is_closed:
            self._pool.give(session)
            return None
        return self._pool.settle(session)

    # Batches

    async def open_batch(self) -> bool:
        own = logical_task()
        if own in self._scripts or monotonic() < self._alone_until:  # of a loop around this one
            return False
        try:
            session = await self._pool.take()
        except FlowError:  # each statement finds out for itself
            return False
        batch = Batch(session)
        try:
            await batch.begin()
        except BaseException as error:
            self._pool.settle(session)
            if isinstance(error, FAILURES):
                return False
            raise
        self._scripts[own] = Script(batch, self._pace)
        return True

    def points(self) -> Script:
        return self._scripts[logical_task()]

    def share_batch(self) -> None:
        """Do nothing: a batch has a session of its own."""

    async def close_batch(self) -> None:
        try:
            await self.points().commit()
        except InDoubt as doubt:
            self._end_batch()
            await self._find_out(doubt)
        else:
            self._end_batch()

    def _end_batch(self) -> None:
        self._pool.give(self._scripts.pop(logical_task()).batch.session)

    async def drop_batch(self) -> None:
        script = self._scripts.pop(logical_task(), None)
        if script is not None:
            if script.batch.met_others:
                self._alone_until = monotonic() + ALONE
            await ended(self._finish(script.batch.session, False))

    async def _find_out(self, doubt: InDoubt) -> None:
        """Ask the server whether a commit took place. Raise BatchLost if not, BatchInDoubt without an answer."""
        deadline = monotonic() + self._patience
        while monotonic() < deadline:
            with suppress(FlowError):
                fate = await self._perform(lambda session: session.fate(doubt.number))
                if fate == "committed":
                    return
                if fate == "aborted":
                    raise BatchLost from doubt
            await asyncio.sleep(FATE_PAUSE)
        raise BatchInDoubt(DB_CONNECTIVITY, "the database was lost during a commit", cause=doubt)

    # Statements

    async def _run(self, sql: str, values: Sequence[Any], timeout: float | None, single: bool = False) -> Reply:
        if stands_apart(sql, timeout):
            return await apart(self._begin_apart, lambda part: part._run(sql, values, timeout, single))
        script = self._scripts.get(logical_task()) if self._scripts else None
        if script is None:
            return await super()._run(sql, values, timeout, single)
        try:
            return await script.run(sql, values, single)
        except FAILURES as error:
            raise failure_of(error) from error

    async def _perform(self, action: Callable[[Session], Awaitable[Result]]) -> Result:
        session = await self._pool.take()
        try:
            try:
                result = await action(session)
            except OUTDATED:
                result = await action(session)
        except BaseException as error:
            self._finish(session, _is_over(error) and not session.is_in_transaction)
            if isinstance(error, FAILURES):
                raise failure_of(error) from error
            raise
        self._pool.give(session)
        return result

    @asynccontextmanager
    async def _lend(self) -> AsyncGenerator[Session, None]:
        session = await self._pool.take()
        is_settled = False
        try:
            await session.command("BEGIN")
            try:
                yield session
            except GeneratorExit:  # the reader has enough
                is_settled = await _commit(session)
                raise
            is_settled = await _commit(session)
        finally:
            self._finish(session, is_settled)


async def _commit(session: Session) -> bool:
    return await session.command("COMMIT") == "COMMIT"


def _is_over(error: BaseException) -> bool:
    """Return whether nothing of the statement that raised the error is still under way."""
    return isinstance(error, FAILURES) and not isinstance(error, TimeoutError)
