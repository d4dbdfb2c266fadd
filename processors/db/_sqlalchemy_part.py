"""Transactions over SQLAlchemy, which the database itself may take back: for a deadlock, or a lost connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncTransaction

from engine import FlowError
from processors.db._errors import DEADLOCK, SERIALIZATION_FAILURE, taken_back
from processors.db._sqlalchemy_connections import give_up
from processors.db._sqlalchemy_errors import FAILURES
from processors.db._sqlalchemy_statements import SqlalchemyStatements

END_ALL = (DEADLOCK, SERIALIZATION_FAILURE)
"""Errors with which MySQL, MariaDB and SQL Server take back the whole transaction, not only the statement."""


READ_AT_ONCE = frozenset({"mysql", "mariadb"})
"""Dialects whose drivers drop the unread rows of a stream when the next statement of the connection comes."""


class SqlalchemyPart(SqlalchemyStatements):
    """The part of a database in a transaction; inside another one a savepoint of it.

    Statements after the database took back the transaction would form a transaction of their own: each later statement
    fails with the error for which it was taken back, and so does the commit.

    give: gives the connection back, if the part is the whole transaction; takes whether it is usable.
    """

    def __init__(
        self,
        connection: AsyncConnection,
        transaction: AsyncTransaction,
        dialect: str,
        give: Callable[[bool], Awaitable[None]] | None,
        outer: SqlalchemyPart | None = None,
    ) -> None:
        self.connection = connection
        self.dialect = dialect
        self._transaction = transaction
        self._give = give
        self._whole: SqlalchemyPart = outer._whole if outer else self
        self._loss: FlowError | None = None

    async def nested(self) -> SqlalchemyPart:
        """Begin a part inside this one."""
        async with self._lend() as connection:
            return SqlalchemyPart(connection, await connection.begin_nested(), self.dialect, None, self)

    @asynccontextmanager
    async def _lend(self) -> AsyncIterator[AsyncConnection]:
        self._check()
        try:
            yield self.connection
        except FAILURES as error:
            failure = self._failure(error)
            if isinstance(error, TimeoutError) or failure.type in END_ALL or await self._is_taken_back():
                await self._lose(failure)
            raise failure from error
        except asyncio.CancelledError:
            await self._stop()
            raise

    async def portions(
        self, sql: str, values: Sequence[Any], size: int, timeout: float | None = None
    ) -> AsyncGenerator[list[dict[str, Any]], None]:
        """Yield the rows in lists of `size`."""
        if self.dialect not in READ_AT_ONCE:
            async for rows in super().portions(sql, values, size, timeout):
                yield rows
            return
        rows = await self.select(sql, values, None, timeout)
        for start in range(0, len(rows), size):
            yield rows[start : start + size]

    def _check(self) -> None:
        if self._whole._loss is not None:
            raise taken_back(self._whole._loss)

    async def _is_taken_back(self) -> bool:
        if self.connection.invalidated or self.dialect != "sqlite":
            return self.connection.invalidated
        raw = await self.connection.get_raw_connection()
        return raw.driver_connection is not None and not raw.driver_connection.in_transaction

    async def _stop(self) -> None:
        """Stop, because the work was cancelled: the state of the connection is unknown."""
        await self._lose(self._failure(TimeoutError("the work was stopped")))

    async def _lose(self, failure: FlowError) -> None:
        self._whole._loss = failure
        await give_up(self.connection)

    async def commit(self) -> None:
        try:
            self._check()
            await self._transaction.commit()
        except FAILURES as error:
            await self.rollback()
            raise self._failure(error) from error
        except FlowError:
            await self.rollback()
            raise
        except asyncio.CancelledError:
            await self._stop()
            await self._end()
            raise
        await self._end()

    async def rollback(self) -> None:
        try:
            if self._whole._loss is None:
                await self._transaction.rollback()
        except FAILURES as error:
            await self._lose(self._failure(error))
        except asyncio.CancelledError:
            await self._stop()
            raise
        finally:
            await self._end()

    async def _end(self) -> None:
        if self._give is not None:
            await self._give(self._loss is None)
