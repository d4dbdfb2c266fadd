"""Statements over a connection to SQLite."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from time import monotonic
from typing import Any, TypeVar

from engine import FlowError
from engine.connectors import BatchLost
from processors.db._errors import DB_TIMEOUT
from processors.db._lists import Long
from processors.db._sqlite_decimals import Decimals, LongDecimal, exact
from processors.db._sqlite_errors import FAILURES, failure_of, is_locked

Result = TypeVar("Result")
LONGEST_WAIT = 5.0
"""Seconds that a statement waits for a lock that somebody else holds."""


class SqliteStatements:
    """Runs statements over a connection; `_open` checks that it can be used now, and returns it."""

    _cursor: sqlite3.Cursor | None = None
    """For the next change, while the connection need not be checked; a new one costs a tenth of an insert."""

    decimals: Decimals

    def _open(self) -> sqlite3.Connection:
        raise NotImplementedError

    def _changing(self) -> sqlite3.Cursor:
        """Return a cursor for a change."""
        return self._open().cursor()

    def _open_or_none(self) -> sqlite3.Connection | None:
        """Return the connection, for finding out why a statement failed."""
        raise NotImplementedError

    async def run_script(self, script: str) -> None:
        """Run statements without parameters, one after another."""
        await self._patiently(lambda: self._open().executescript(script), script)

    async def select(
        self, sql: str, values: Sequence[Any], most: int | None, timeout: float | None = None
    ) -> list[dict[str, Any]]:
        """Return the rows as maps, `most` of them at the most."""
        if timeout is not None or type(values) is Long:
            return await self._slowly(lambda it: self._read(it, sql, values, most), timeout, sql, values)
        return await self._patiently(lambda: self._read(self._open(), sql, values, most), sql, values)

    async def change(self, sql: str, values: Sequence[Any], timeout: float | None = None) -> dict[str, Any]:
        """Run a statement that changes rows: `{affectedRows, generatedKeys}`."""
        if timeout is not None or type(values) is Long:
            return await self._slowly(lambda it: self._change(it.cursor(), sql, values), timeout, sql, values)
        try:
            return self._change(self._cursor or self._changing(), sql, values)
        except FAILURES as error:
            if not is_locked(error):
                raise self._failure(error, sql, values) from error
        return await self._patiently(lambda: self._change(self._changing(), sql, values), sql, values)

    def select_at_once(self, sql: str, values: Sequence[Any], most: int | None) -> list[dict[str, Any]]:
        """Do the same as `select`, within a batch: it has the database for itself, so no lock is waited for."""
        try:
            return self._read(self._open(), sql, values, most)
        except FAILURES as error:
            raise self._failure_at_once(error, sql, values) from error

    def change_at_once(self, sql: str, values: Sequence[Any]) -> dict[str, Any]:
        """Do the same as `change`, within a batch."""
        try:
            return self._change(self._cursor or self._changing(), sql, values)
        except FAILURES as error:
            raise self._failure_at_once(error, sql, values) from error

    def _read(
        self, connection: sqlite3.Connection, sql: str, values: Sequence[Any], most: int | None
    ) -> list[dict[str, Any]]:
        try:
            cursor = connection.execute(sql, values)
        except LongDecimal:
            cursor = connection.execute(sql, exact(connection, sql, values))
        names = [column[0] for column in cursor.description or ()]
        rows = cursor.fetchall() if most is None else cursor.fetchmany(most)
        cursor.close()
        maps = [dict(zip(names, row, strict=True)) for row in rows]
        return maps if sql in self.decimals.plain else self.decimals.complete(connection, sql, names, maps)

    def _change(self, cursor: sqlite3.Cursor, sql: str, values: Sequence[Any]) -> dict[str, Any]:
        """Return the changes of a statement; the row returned by RETURNING is the generated keys."""
        try:
            columns = cursor.execute(sql, values).description
        except LongDecimal:
            columns = cursor.execute(sql, exact(cursor.connection, sql, values)).description
        if columns is None:
            count = cursor.rowcount
            return {"affectedRows": count if count > 0 else 0, "generatedKeys": {}}
        return self._returned(cursor, sql, [column[0] for column in columns])

    def _returned(self, cursor: sqlite3.Cursor, sql: str, names: Sequence[str]) -> dict[str, Any]:
        rows = cursor.fetchall()
        maps = [dict(zip(names, row, strict=True)) for row in rows[:1]]
        keys = self.decimals.complete(cursor.connection, sql, names, maps)[0] if maps else {}
        return {"affectedRows": max(cursor.rowcount, len(rows)), "generatedKeys": keys}

    def _failure_at_once(self, error: Exception, sql: str, values: Sequence[Any]) -> FlowError:
        """Raise BatchLost if a lock is in the way after all, as of a reader of a file without WAL."""
        if is_locked(error):
            raise BatchLost from error
        return self._failure(error, sql, values)

    def _failure(self, error: Exception, sql: str, values: Sequence[Any]) -> FlowError:
        self._note(error)
        return failure_of(error, self._open_or_none(), sql, values)

    async def prepare(self, sql: str, count: int) -> None:
        """Make the database check a statement with so many values, without running it. Raise its errors."""
        await self.select(f"EXPLAIN {sql}", (None,) * count, None)

    async def portions(
        self, sql: str, values: Sequence[Any], size: int, timeout: float | None = None
    ) -> AsyncGenerator[list[dict[str, Any]], None]:
        """Yield the rows in lists of `size`, read in a thread while the cursor is open; timeout: for each list."""
        async with self._lend() as connection:
            try:
                cursor = await in_thread(connection, lambda: _execute(connection, sql, values), timeout)
                names = [column[0] for column in cursor.description or ()]
                try:
                    while rows := await in_thread(connection, lambda: cursor.fetchmany(size), timeout):
                        maps = [dict(zip(names, row, strict=True)) for row in rows]
                        yield self.decimals.complete(connection, sql, names, maps)
                finally:
                    with suppress(sqlite3.ProgrammingError):  # the connection was closed before
                        cursor.close()
            except FAILURES as error:
                self._note(error)
                raise failure_of(error, connection, sql, values) from error

    def _lend(self) -> AbstractAsyncContextManager[sqlite3.Connection]:
        """Lend a connection that nobody else uses meanwhile, for statements that may take long."""
        raise NotImplementedError

    async def _slowly(
        self, action: Callable[[sqlite3.Connection], Result], timeout: float | None, sql: str, values: Sequence[Any]
    ) -> Result:
        """Return the action's result, from a thread. Raise DB:TIMEOUT."""
        async with self._lend() as connection:
            try:
                return await in_thread(connection, lambda: action(connection), timeout)
            except FAILURES as error:
                self._note(error)
                raise failure_of(error, connection, sql, values) from error

    async def _patiently(self, action: Callable[[], Result], sql: str, values: Sequence[Any] = ()) -> Result:
        """Return the action's result; while somebody else holds a lock, try again without blocking the loop."""
        deadline, pause = monotonic() + LONGEST_WAIT, 0.001
        while True:
            try:
                return action()
            except FAILURES as error:
                if not is_locked(error) or monotonic() > deadline:
                    raise self._failure(error, sql, values) from error
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.1)

    def _note(self, error: Exception) -> None:
        """Check the state that a failed statement left behind. Raise BatchLost if it is not the one before it."""


async def in_thread(connection: sqlite3.Connection, action: Callable[[], Result], timeout: float | None) -> Result:
    """Return the action's result; interrupt it at the timeout (DB:TIMEOUT), and if the flow is ended."""
    running = asyncio.ensure_future(asyncio.to_thread(action))
    try:
        async with asyncio.timeout(timeout):
            return await asyncio.shield(running)
    except TimeoutError:
        await _interrupt(connection, running)
        if running.exception() is None:  # it ended before the interrupt took effect
            return running.result()
        raise FlowError(DB_TIMEOUT, f"a statement took longer than {timeout:g} s") from None
    except asyncio.CancelledError:
        await _interrupt(connection, running)
        raise


async def _interrupt(connection: sqlite3.Connection, running: asyncio.Future[Any]) -> None:
    """Interrupt a thread until it is done: one interrupt stops a running action, not one about to run."""
    while not running.done():
        connection.interrupt()
        with suppress(asyncio.CancelledError):  # the connection stays open as long as the thread works with it
            await asyncio.wait([running], timeout=0.02)
    running.exception()  # retrieved, so that nobody warns of it


def _execute(connection: sqlite3.Connection, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
    try:
        return connection.execute(sql, values)
    except LongDecimal:
        return connection.execute(sql, exact(connection, sql, values))
