"""Connections of SQLAlchemy: none is lost to its pool, whatever happens to its users."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

from sqlalchemy import event, exc, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncTransaction, create_async_engine
from sqlalchemy.pool import QueuePool

from engine.connectors import Counter, Measures
from processors.db._database import ConnectionCounts, Pooling
from processors.db._meter import timeouts
from processors.db._sqlalchemy_errors import FAILURES
from processors.db._sqlite_lists import add_to

OLDEST = 1800
"""Seconds after which a connection is replaced: servers, and devices in between, close those unused for long."""

BEGINNINGS = {"sqlite": "BEGIN IMMEDIATE", "mysql": "BEGIN", "mariadb": "BEGIN"}
"""The statement that begins a transaction over a connection that otherwise commits each statement. In other dialects
the driver does it, once it is told to; in these that would cost several messages, and SQLite's begins late
(SQLAlchemy's manual)."""

IN_TRANSACTION = "in_transaction"
"""The option of a connection over which the next statement begins a transaction."""

logging.getLogger("asyncmy").setLevel(logging.ERROR)  # it warns of each table that IF NOT EXISTS finds there


class SqlConnections:
    """The pool of a database. Each connection commits each statement on its own, until a transaction is begun on it."""

    def __init__(self, url: str, pooling: Pooling) -> None:
        location = make_url(url)
        pooled = issubclass(location.get_dialect().get_pool_class(location), QueuePool)  # type: ignore[attr-defined]  # all have it
        options: Any = {"pool_size": pooling.most, "max_overflow": 0, "pool_timeout": pooling.wait} if pooled else {}
        self._engine = create_async_engine(
            location, isolation_level="AUTOCOMMIT", pool_pre_ping=True, pool_recycle=OLDEST, **options
        )
        self.dialect = self._engine.dialect.name
        self._beginning = BEGINNINGS.get(self.dialect)
        self._giving: set[asyncio.Task[None]] = set()
        self.is_pooled = pooled
        self._used = self._waiting = 0
        self._timeouts = Counter()
        event.listen(self._engine.sync_engine, "begin", self._begin)
        if self.dialect == "sqlite":
            event.listen(self._engine.sync_engine, "connect", _prepare_sqlite)

    async def take(self) -> AsyncConnection:
        """Take a connection. Raise FAILURES. If this is cancelled, the connection that arrives is given back."""
        taking = asyncio.create_task(self._take())
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            taking.add_done_callback(self._give_unused)
            raise

    async def _take(self) -> AsyncConnection:
        self._waiting += 1
        try:
            connection = await self._engine.connect()
        except exc.TimeoutError:
            self._timeouts.value += 1
            raise
        finally:
            self._waiting -= 1
        self._used += 1
        return connection

    def counts(self) -> ConnectionCounts:
        pool = self._engine.pool
        idle = pool.checkedin() if isinstance(pool, QueuePool) else 0
        return ConnectionCounts(idle, self._used, self._waiting)

    def measure(self, measures: Measures, config: str) -> None:
        self._timeouts = timeouts(measures, config)

    def _give_unused(self, taking: asyncio.Task[AsyncConnection]) -> None:
        if not taking.cancelled() and taking.exception() is None:
            self._start_giving(taking.result(), is_usable=True)

    async def give(self, connection: AsyncConnection, *, is_usable: bool) -> None:
        """Give a connection back, even if that is cancelled. is_usable: whether nothing is under way on it."""
        await asyncio.shield(self._start_giving(connection, is_usable=is_usable))

    def _start_giving(self, connection: AsyncConnection, *, is_usable: bool) -> asyncio.Task[None]:
        self._used -= 1
        giving = asyncio.create_task(_give(connection, is_usable=is_usable))
        self._giving.add(giving)
        giving.add_done_callback(self._giving.discard)
        return giving

    async def begin(self, connection: AsyncConnection) -> AsyncTransaction:
        """Begin a transaction. Raise FAILURES."""
        if self._beginning:
            await connection.execution_options(**{IN_TRANSACTION: True})
        else:
            level: Any = connection.sync_connection and connection.sync_connection.default_isolation_level
            await connection.execution_options(isolation_level=level)
        return await connection.begin()

    def _begin(self, connection: Any) -> None:
        if connection.get_execution_options().get(IN_TRANSACTION):
            connection.exec_driver_sql(self._beginning)

    async def close(self) -> None:
        await asyncio.gather(*self._giving)
        await self._engine.dispose()


async def give_up(connection: AsyncConnection) -> None:
    """Close a connection that may be in the middle of something."""
    if not connection.closed and not connection.invalidated:
        with suppress(*FAILURES):
            await connection.invalidate()


async def _give(connection: AsyncConnection, *, is_usable: bool) -> None:
    if not is_usable:
        await give_up(connection)
    with suppress(*FAILURES):
        await connection.close()


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")  # readers and writers do not wait for each other
    connection.execute("PRAGMA foreign_keys=ON")
    add_to(connection)
