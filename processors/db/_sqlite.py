"""SQLite, in the event loop: a statement on a local file answers in microseconds."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from engine.connectors import BatchCounts, BatchLost, Measures, logical_task
from processors.db._database import ConnectionCounts, ParameterStyle
from processors.db._sqlite_decimals import Decimals
from processors.db._sqlite_errors import FAILURES, is_locked, locked
from processors.db._sqlite_file import MEMORY, Identity, file_of, identity
from processors.db._sqlite_lists import add_to, among, json_list
from processors.db._sqlite_part import SqlitePart
from processors.db._sqlite_statements import LONGEST_WAIT, SqliteStatements
from processors.db._sqlite_values import register

register()


class SqliteDatabase(SqliteStatements):
    """One connection in autocommit, opened at the first use and reopened when the file was replaced.

    A file that vanished under the connection would take rows and lose them, so once in each turn of the event loop its
    identity is compared (0.01 of the price of a check for every statement).

    A transaction has a connection of its own; in memory, where there can be no second one, it has the only one for
    itself until it ends. A batch (`engine.Batching`) is a transaction on the shared connection. Mostly it is over
    before the loop has its next turn; if its work waited in the middle of it, the next task that comes undoes it, and
    it is done again, each statement alone.
    """

    style = ParameterStyle(lambda number: "?", partial(among, "?"), json_list)
    is_pooled = False

    def __init__(self, url: str, confine: Callable[[sqlite3.Connection], None] = lambda connection: None) -> None:
        """confine: keeps a new connection from other files."""
        self.decimals = Decimals()
        self.batches = BatchCounts()
        self._others: set[sqlite3.Connection] = set()
        self._file = file = file_of(url) or ""
        self._confine = confine
        self._connection: sqlite3.Connection | None = None
        self._log = f"{file}-wal"
        self._identity: Identity = None
        self._former: tuple[Identity, Identity] = None, None
        self._is_checked = False
        self._was_open = False
        self._batch: asyncio.Task[Any] | None = None
        self._undone: set[asyncio.Task[Any] | None] = set()
        self._sharing: set[asyncio.Task[Any] | None] = set()
        self._is_taken = False
        self._schema_version = -1
        self._deferrable = 0

    @property
    def batching(self) -> SqliteDatabase:
        return self

    @property
    def at_once(self) -> SqliteStatements:
        return self

    def is_in_batch(self) -> bool:
        return self._batch is not None and self._batch is logical_task()

    def connections(self) -> ConnectionCounts:
        is_open = self._connection is not None
        return ConnectionCounts(is_open and not self._is_taken, len(self._others) + self._is_taken)

    def measure(self, measures: Measures, config: str) -> None:
        self.batches.measure(measures, config=config)

    async def start(self) -> None:
        """Do nothing: the file is opened by the first statement."""

    async def is_ready(self) -> bool:
        try:
            self._open()
        except sqlite3.Error as error:
            return is_locked(error)
        return True

    async def close(self) -> None:
        self._close()

    def _close(self) -> None:
        if self._batch is not None:
            self._undone.add(self._batch)
            self._undo()
        if self._connection is not None:
            self._connection.close()
        self._connection = self._cursor = None

    # Transactions

    async def begin(self, outer: SqlitePart | None) -> SqlitePart:
        """Begin a part in a transaction that may write from the start. Raise DB:CONNECTIVITY after a long wait."""
        if outer is not None:
            return outer.nested()
        connection, is_own = await self._patiently(self._begin, "BEGIN")
        give_back = partial(self._close_other, connection) if is_own else self._give_back
        return SqlitePart(connection, self.decimals, give_back)

    def _begin(self) -> tuple[sqlite3.Connection, bool]:
        connection = self._open()
        if self._file == MEMORY:
            connection.execute("BEGIN IMMEDIATE")
            return self._take(connection)
        own = self._connect_other()
        try:
            own.execute("BEGIN IMMEDIATE")
        except sqlite3.Error:
            self._close_other(own)
            raise
        return own, True

    def _connect_other(self) -> sqlite3.Connection:
        other = self._connect()
        self._others.add(other)
        return other

    def _close_other(self, other: sqlite3.Connection) -> None:
        self._others.discard(other)
        other.close()

    def _take(self, connection: sqlite3.Connection) -> tuple[sqlite3.Connection, bool]:
        self._is_taken, self._cursor = True, None
        return connection, False

    def _give_back(self) -> None:
        self._is_taken = False

    # Slow statements

    def portions(
        self, sql: str, values: Sequence[Any], size: int, timeout: float | None = None
    ) -> AsyncGenerator[list[dict[str, Any]], None]:
        read = self._of_memory if self._file == MEMORY else super().portions
        return read(sql, values, size, timeout)

    async def _of_memory(
        self, sql: str, values: Sequence[Any], size: int, timeout: float | None
    ) -> AsyncGenerator[list[dict[str, Any]], None]:
        """Yield the rows, all read in one go: the only connection cannot be kept while others use it."""
        rows = await self.select(sql, values, None, timeout)
        for start in range(0, len(rows), size):
            yield rows[start : start + size]

    @asynccontextmanager
    async def _lend(self) -> AsyncIterator[sqlite3.Connection]:
        """Lend a connection of its own; in memory there is only one, and others wait until it is back."""
        connection, is_own = await self._patiently(self._borrow, "")
        try:
            yield connection
        finally:
            if is_own:
                self._close_other(connection)
            else:
                self._give_back()

    def _borrow(self) -> tuple[sqlite3.Connection, bool]:
        connection = self._open()
        if self._batch is not None:  # of this logical task: a separate connection would wait for its end
            raise BatchLost
        if self._file == MEMORY:
            return self._take(connection)
        own = self._connect_other()
        own.execute(f"PRAGMA busy_timeout={LONGEST_WAIT * 1000:.0f}")  # a thread may wait
        return own, True

    # Batches

    async def open_batch(self) -> bool:
        own = logical_task()
        if self._batch is own:  # of a loop around this one
            return False
        try:
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
        except FAILURES:  # each statement finds out for itself, and may wait
            return False
        self._batch = own
        with suppress(*FAILURES):
            if not self._is_deferring(connection):
                return True
        self._undo()
        return False

    def _is_deferring(self, connection: sqlite3.Connection) -> bool:
        """Return whether a constraint is checked when a transaction ends: with many records the result would differ."""
        (version,) = connection.execute("PRAGMA schema_version").fetchone()
        if version != self._schema_version:
            sql = "SELECT count(*) FROM sqlite_schema WHERE sql LIKE '%DEFERRABLE%'"
            (self._deferrable,) = connection.execute(sql).fetchone()
            self._schema_version = version
        return bool(self._deferrable)

    def points(self) -> None:
        """Return None: each statement has its outcome immediately."""

    def share_batch(self) -> None:
        self._sharing.add(logical_task())
        self._cursor = None

    async def close_batch(self) -> None:
        try:
            self._open().execute("COMMIT")
        except sqlite3.Error as error:
            raise BatchLost from error
        self._batch = None
        self._sharing.discard(logical_task())

    async def drop_batch(self) -> None:
        own = logical_task()
        self._undone.discard(own)
        self._sharing.discard(own)
        if self._batch is own:
            self._undo()

    def _undo(self) -> None:
        self._batch = self._cursor = None
        with suppress(sqlite3.Error):
            if self._connection is not None and self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _mind_batch(self) -> None:
        """Raise BatchLost if the batch of the logical task was undone; undo that of another one, which waits."""
        own = logical_task()
        if own in self._undone:
            raise BatchLost
        if self._batch not in (own, None):
            self._undone.add(self._batch)
            self._undo()

    def _note(self, error: Exception) -> None:
        """Note that a full disk or `OR ROLLBACK` took back the whole batch, not only the statement that failed."""
        is_undone = self._connection is None or not self._connection.in_transaction
        if self._batch is not None and is_undone:
            raise BatchLost from error

    # The connection

    def _open(self) -> sqlite3.Connection:
        if self._is_taken:
            raise locked()
        if self._connection is None or not self._is_checked:
            self._check()
            if self._connection is None:
                self._connection, self._was_open = self._connect(), self._file != MEMORY
        if self._batch is not None or self._undone:
            self._mind_batch()
        return self._connection

    def _changing(self) -> sqlite3.Cursor:
        cursor = self._open().cursor()
        if not self._sharing:  # otherwise the next change may be that of another logical task
            self._cursor = cursor
        return cursor

    def _open_or_none(self) -> sqlite3.Connection | None:
        return self._connection

    def _check(self) -> None:
        """Close the connection if the file behind it is not the one that was opened."""
        if self._file == MEMORY:
            self._is_checked = True
            return
        if self._connection is not None and self._identity != identity(self._file):
            self._former = self._identity, identity(self._log)
            self._close()
        self._is_checked = True
        asyncio.get_running_loop().call_soon(self._forget_check)

    def _forget_check(self) -> None:
        self._is_checked, self._cursor = False, None

    def _refuse_foreign_log(self) -> None:
        """Refuse a replaced file with the former one's log beside it: SQLite would mix the two."""
        former, log = self._former
        if log is None or identity(self._log) != log:
            self._former = None, None
        elif identity(self._file) not in (former, None):
            raise sqlite3.OperationalError("the file was replaced, and the -wal file beside it is the former one's")

    def _connect(self) -> sqlite3.Connection:
        self._refuse_foreign_log()
        # A file that was there before and is gone is a lost database, not a reason for an empty one.
        mode = "rw" if self._was_open else "rwc"
        target = self._file if self._file == MEMORY else f"{Path(self._file).absolute().as_uri()}?mode={mode}"
        # No waiting inside the driver: it would hold up every other request.
        connection = sqlite3.connect(
            target,
            timeout=0,
            isolation_level=None,
            check_same_thread=False,
            uri=True,
            detect_types=sqlite3.PARSE_DECLTYPES,
        )
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA foreign_keys=ON")
            add_to(connection)
            self._confine(connection)
            self._identity = identity(self._file)
        except sqlite3.Error:
            connection.close()
            raise
        return connection
