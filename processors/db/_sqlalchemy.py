"""Every other database, over SQLAlchemy and an asynchronous driver."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import lru_cache, partial
from typing import Any, TypeVar

from sqlalchemy import TextClause, event, exc, make_url, text
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncTransaction, create_async_engine
from sqlalchemy.pool import QueuePool

from engine import FlowError
from processors.db._apart import apart, stands_apart
from processors.db._database import UNNAMED_KEY, ParameterStyle, Pooling
from processors.db._sqlalchemy_call import answers_of, calling
from processors.db._sqlalchemy_errors import FAILURES, failure_of
from processors.db._sqlalchemy_values import WITHOUT_LISTS, fitting

Result = TypeVar("Result")
OF_SQLITE = frozenset({"sqlite"})
"""Dialects in which statements that change rows take RETURNING at their end, and transactions undo tables as well."""

EXPLAINING = frozenset({"sqlite", "mysql", "mariadb"})
"""Dialects that understand a statement behind EXPLAIN, and do not run it."""

OLDEST = 1800
"""Seconds after which a connection is replaced: servers and what lies between hang up on those unused for long."""


def reason_against(url: str) -> str:
    """Why there is no database of that URL for us; empty where there is. Nothing is connected to."""
    try:
        create_async_engine(make_url(url))
    except ModuleNotFoundError as error:
        return f"the driver '{error.name}' of this url is not installed"
    except exc.InvalidRequestError:
        return "a url with a driver that is not asynchronous"
    except exc.SQLAlchemyError:
        return f"the scheme '{url.partition(':')[0][:20]}'"
    return ""


@lru_cache(maxsize=1_000)
def _clause(sql: str) -> TextClause:
    return text(sql)


def _escaped(between: str) -> str:
    """Colons that are no parameters, for `text`."""
    return between.replace(":", "\\:")


class SqlalchemyStatements:
    """What runs statements; `_lend` gives them a connection."""

    dialect: str

    def _lend(self) -> AbstractAsyncContextManager[AsyncConnection]:
        raise NotImplementedError

    async def run_script(self, script: str) -> None:
        """Run statements without parameters, one after another."""
        from processors.db._script import statements_in

        for statement in statements_in(script):
            await self.change(_escaped(statement), ())

    async def select(
        self, sql: str, values: Sequence[Any], most: int | None, timeout: float | None = None
    ) -> list[dict[str, Any]]:
        """The rows as maps, `most` of them at the most."""

        def read(result: CursorResult[Any]) -> list[dict[str, Any]]:
            rows = result.mappings()
            return [dict(row) for row in (rows.fetchall() if most is None else rows.fetchmany(most))]

        return await self._run(sql, values, timeout, read)

    async def change(self, sql: str, values: Sequence[Any], timeout: float | None = None) -> dict[str, Any]:
        """Run a statement that changes rows: `{affectedRows, generatedKeys}`."""
        return await self._run(sql, values, timeout, _outcome)

    async def call(
        self, sets: str, values: Sequence[Any], call: str, gets: str, timeout: float | None = None
    ) -> list[list[dict[str, Any]]]:
        """Set variables, call a procedure and ask for variables, on one connection: the rows of each answer."""
        async with self._lend() as connection, asyncio.timeout(timeout):
            if sets:
                await connection.execute(_clause(sets), self._bound(values))
            answers = await answers_of(connection, call)
            return answers + await answers_of(connection, gets) if gets else answers

    async def prepare(self, sql: str, count: int) -> None:
        """Have the database understand a statement with so many values, without running it, where EXPLAIN does that."""
        if self.dialect in EXPLAINING:
            await self.select(f"EXPLAIN {sql}", (None,) * count, None)

    async def portions(
        self, sql: str, values: Sequence[Any], size: int, timeout: float | None = None
    ) -> AsyncGenerator[list[dict[str, Any]], None]:
        """The rows in lists of `size`, read through a cursor of the server; timeout: for each list."""
        async with self._lend() as connection:
            with_size = connection.stream(_clause(sql), self._bound(values), execution_options={"yield_per": size})
            result = await self._within(timeout, with_size)
            rows = result.mappings()
            try:
                while portion := await self._within(timeout, rows.fetchmany(size)):
                    yield [dict(row) for row in portion]
            finally:
                await result.close()

    def _bound(self, values: Sequence[Any]) -> dict[str, Any]:
        fit = fitting(self.dialect)
        return {f"p{number}": fit(value) for number, value in enumerate(values, 1)}

    async def _run(
        self, sql: str, values: Sequence[Any], timeout: float | None, read: Callable[[CursorResult[Any]], Result]
    ) -> Result:
        async with self._lend() as connection:
            result = await self._within(timeout, connection.execute(_clause(sql), self._bound(values)))
            try:
                return read(result)
            finally:
                result.close()

    async def _within(self, timeout: float | None, running: Awaitable[Result]) -> Result:
        async with asyncio.timeout(timeout):
            return await running

    def _failure(self, error: BaseException) -> FlowError:
        return failure_of(error, self.dialect)


class SqlalchemyDatabase(SqlalchemyStatements):
    """A database by its SQLAlchemy URL, with a pool of connections: each statement is committed on its own.

    A connection whose statement was cancelled, or took too long, is closed: nobody knows in what state it is.
    """

    batching = at_once = None

    def __init__(self, url: str, pooling: Pooling) -> None:
        location = make_url(url)
        pooled = issubclass(location.get_dialect().get_pool_class(location), QueuePool)  # type: ignore[attr-defined]  # all have it
        options = {"pool_size": pooling.most, "max_overflow": 0, "pool_timeout": pooling.wait} if pooled else {}
        self._engine = create_async_engine(location, pool_pre_ping=True, pool_recycle=OLDEST, **options)
        self._least = pooling.least
        self.dialect = self._engine.dialect.name
        self.style = ParameterStyle(
            lambda number: f":p{number}",
            is_shared=True,
            escape=_escaped,
            returning=self.dialect in OF_SQLITE,
            undoes_tables=self.dialect in OF_SQLITE,
            calling=calling if self.dialect in WITHOUT_LISTS else None,
        )
        if self.dialect == "sqlite":
            _begin_by_ourselves(self._engine.sync_engine)

    async def start(self) -> None:
        """The pool is filled as it is used."""

    async def is_ready(self) -> bool:
        try:
            async with self._lend():
                return True
        except FlowError:
            return False

    async def close(self) -> None:
        await self._engine.dispose()

    async def select(
        self, sql: str, values: Sequence[Any], most: int | None, timeout: float | None = None
    ) -> list[dict[str, Any]]:
        if self._stands_apart(sql, timeout):
            return await apart(partial(self.begin, None), lambda part: part.select(sql, values, most, timeout))
        return await super().select(sql, values, most, timeout)

    async def change(self, sql: str, values: Sequence[Any], timeout: float | None = None) -> dict[str, Any]:
        if self._stands_apart(sql, timeout):
            return await apart(partial(self.begin, None), lambda part: part.change(sql, values, timeout))
        return await super().change(sql, values, timeout)

    def _stands_apart(self, sql: str, timeout: float | None) -> bool:
        """Not on SQLite, where to begin a transaction would wait for the file's lock."""
        return stands_apart(sql, timeout) and self.dialect not in OF_SQLITE

    @asynccontextmanager
    async def _lend(self) -> AsyncIterator[AsyncConnection]:
        try:
            connection = await self._engine.connect()
        except FAILURES as error:
            raise self._failure(error) from error
        try:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            yield connection
        except FAILURES as error:
            if isinstance(error, TimeoutError):
                await _give_up(connection)
            raise self._failure(error) from error
        except asyncio.CancelledError:
            await _give_up(connection)
            raise
        finally:
            await connection.close()

    async def begin(self, outer: SqlalchemyPart | None) -> SqlalchemyPart:
        """A part in a transaction; inside the outer one a savepoint of it. Raises DB:CONNECTIVITY."""
        connection = outer.connection if outer else None
        try:
            if connection is not None:
                return SqlalchemyPart(connection, await connection.begin_nested(), self.dialect, is_own=False)
            connection = await self._engine.connect()
            try:
                return SqlalchemyPart(connection, await connection.begin(), self.dialect, is_own=True)
            except BaseException:
                await connection.close()
                raise
        except FAILURES as error:
            raise self._failure(error) from error


class SqlalchemyPart(SqlalchemyStatements):
    """The part of a database in a transaction, or a savepoint of it, which does not own the connection."""

    def __init__(
        self, connection: AsyncConnection, transaction: AsyncTransaction, dialect: str, *, is_own: bool
    ) -> None:
        self.connection = connection
        self.dialect = dialect
        self._transaction = transaction
        self._is_own = is_own

    @asynccontextmanager
    async def _lend(self) -> AsyncIterator[AsyncConnection]:
        try:
            yield self.connection
        except FAILURES as error:
            if isinstance(error, TimeoutError):
                await _give_up(self.connection)
            raise self._failure(error) from error
        except asyncio.CancelledError:
            await _give_up(self.connection)
            raise

    async def commit(self) -> None:
        try:
            await self._transaction.commit()
        except FAILURES as error:
            await self.rollback()
            raise self._failure(error) from error
        except asyncio.CancelledError:
            await _give_up(self.connection)
            await self._end()
            raise
        await self._end()

    async def rollback(self) -> None:
        try:
            await self._transaction.rollback()
        except FAILURES:
            await _give_up(self.connection)
        await self._end()

    async def _end(self) -> None:
        if self._is_own:
            await self.connection.close()


async def _give_up(connection: AsyncConnection) -> None:
    """Close a connection that may be in the middle of something."""
    if not connection.closed and not connection.invalidated:
        await connection.invalidate()


def _outcome(result: CursorResult[Any]) -> dict[str, Any]:
    """What a statement changed; the row that it gives back, or the number that was made for it, is the keys."""
    if result.returns_rows:
        rows = result.mappings().fetchall()
        return {"affectedRows": max(result.rowcount, len(rows)), "generatedKeys": dict(rows[0]) if rows else {}}
    made = getattr(result, "lastrowid", None) if result.dialect.name in WITHOUT_LISTS else None
    return {"affectedRows": max(result.rowcount, 0), "generatedKeys": {UNNAMED_KEY: made} if made else {}}


def _begin_by_ourselves(engine: Any) -> None:
    """SQLite's driver begins transactions late, and not for savepoints (SQLAlchemy's manual, "pysqlite")."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")  # who reads and who writes do not wait for each other
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
