"""Transactions on SQLite, which the database itself may take back: on a full disk, for `OR ROLLBACK`."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from engine import FlowError
from processors.db._sqlite_decimals import Decimals
from processors.db._sqlite_errors import FAILURES, failure_of, taken_back
from processors.db._sqlite_statements import SqliteStatements


class SqlitePart(SqliteStatements):
    """The part of a database in a transaction; inside another one (level 1 and more) a savepoint of it."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        decimals: Decimals,
        give_back: Callable[[], None],
        outer: SqlitePart | None = None,
    ) -> None:
        self.connection = connection
        self.decimals = decimals
        self.level: int = outer.level + 1 if outer else 0
        self._give_back = give_back
        self._whole: SqlitePart = outer._whole if outer else self
        self._loss: Exception | None = None

    def nested(self) -> SqlitePart:
        """Begin a part inside this one."""
        part = SqlitePart(self._open(), self.decimals, lambda: None, self)
        part.connection.execute(f"SAVEPOINT level_{part.level}")
        return part

    def _open(self) -> sqlite3.Connection:
        if not self.connection.in_transaction:
            raise taken_back(self._whole._loss)
        return self.connection

    def _note(self, error: Exception) -> None:
        """Keep the error with which the database took back the transaction: a full disk, `OR ROLLBACK`."""
        if not self.connection.in_transaction:
            self._whole._loss = error

    def _open_or_none(self) -> sqlite3.Connection | None:
        return self.connection

    @asynccontextmanager
    async def _lend(self) -> AsyncIterator[sqlite3.Connection]:
        yield self._open()

    async def commit(self) -> None:
        sql = f"RELEASE level_{self.level}" if self.level else "COMMIT"
        try:
            self._open().execute(sql)
        except FAILURES as error:
            failure = failure_of(error, self.connection, sql, ())
            await self.rollback()
            raise failure from error
        except FlowError:
            await self.rollback()
            raise
        self._give_back()

    async def rollback(self) -> None:
        with suppress(sqlite3.Error):
            if self.connection.in_transaction:
                self.connection.execute(f"ROLLBACK TO level_{self.level}" if self.level else "ROLLBACK")
                if self.level:
                    self.connection.execute(f"RELEASE level_{self.level}")
        self._give_back()
