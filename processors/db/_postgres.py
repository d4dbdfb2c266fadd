"""PostgreSQL, over asyncpg."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from engine import FlowError
from processors.db._database import ParameterStyle, Pooling
from processors.db._postgres_errors import FAILURES, failure_of
from processors.db._postgres_part import PostgresPart
from processors.db._postgres_pool import Pool
from processors.db._postgres_session import OUTDATED, Session
from processors.db._postgres_statements import Statements

Result = TypeVar("Result")


class PostgresDatabase(Statements):
    """A database of a PostgreSQL server: each statement on a connection of the pool, committed on its own."""

    style = ParameterStyle(lambda number: f"${number}", is_shared=True)

    def __init__(self, url: str, pooling: Pooling) -> None:
        self._pool = Pool(partial(Session.open, url), pooling)

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
        """A part in a transaction. Raises DB:CONNECTIVITY where no connection is free."""
        if outer is not None:
            part = PostgresPart(outer.session, outer.level + 1, lambda is_settled: None)
            await outer.nest(part)
            return part
        session = await self._pool.take()
        part = PostgresPart(session, 0, partial(self._finish, session))
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

    # Statements

    async def _perform(self, action: Callable[[Session], Awaitable[Result]]) -> Result:
        session = await self._pool.take()
        try:
            try:
                result = await action(session)
            except OUTDATED:
                result = await action(session)
        except BaseException as error:
            self._finish(session, not session.connection.is_in_transaction() and _is_over(error))
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
            except GeneratorExit:  # whoever reads has enough
                is_settled = await _commit(session)
                raise
            is_settled = await _commit(session)
        finally:
            self._finish(session, is_settled)


async def _commit(session: Session) -> bool:
    return await session.command("COMMIT") == "COMMIT"


def _is_over(error: BaseException) -> bool:
    """Whether nothing of the statement that raised it is still under way."""
    return isinstance(error, FAILURES) and not isinstance(error, TimeoutError)
