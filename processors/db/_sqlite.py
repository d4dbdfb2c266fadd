"""SQLite, in the event loop: a statement on a local file answers in microseconds."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

from engine import ErrorType, FlowError
from processors.db._errors import BAD_SQL_SYNTAX, CANNOT_REACH, DB_CONNECTIVITY, QUERY_EXECUTION

Result = TypeVar("Result")
Identity = tuple[int, int] | None
"""Device and inode of a file; None where there is none."""

LONGEST_WAIT = 5.0
"""Seconds that a statement waits for a lock that another process holds."""

# Not the statement's fault: the file, its disk, its locks (https://www.sqlite.org/rescode.html).
OF_THE_ENVIRONMENT = frozenset(
    {
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_AUTH,
    }
)  # fmt: skip
LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def file_of(url: str) -> str | None:
    """The file of an sqlite URL, `:memory:` for one without; None for another scheme."""
    if url in ("sqlite://", "sqlite:///", "sqlite:///:memory:"):
        return ":memory:"
    prefix = "sqlite:///"
    return url.removeprefix(prefix) if url.startswith(prefix) else None


class SqliteDatabase:
    """One connection in autocommit, opened at the first use and opened anew when the file was replaced.

    A file that vanished under the connection would take rows and lose them, so once in each turn of
    the event loop its identity is compared (0.01 of the price of a look at every statement).
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None
        self._log = f"{file}-wal"
        self._identity: Identity = None
        self._former: tuple[Identity, Identity] = None, None
        self._is_checked = False
        self._was_open = False

    async def run_script(self, script: str) -> None:
        """Run statements without parameters, one after another."""
        await self._patiently(lambda: self._open().executescript(script), script)

    async def select(self, sql: str, values: Sequence[Any], most: int | None) -> list[dict[str, Any]]:
        """The rows as maps, `most` of them at the most."""

        def read() -> list[dict[str, Any]]:
            cursor = self._open().execute(sql, values)
            names = [column[0] for column in cursor.description or ()]
            rows = cursor.fetchall() if most is None else cursor.fetchmany(most)
            cursor.close()
            return [dict(zip(names, row, strict=True)) for row in rows]

        return await self._patiently(read, sql, values)

    async def change(self, sql: str, values: Sequence[Any]) -> dict[str, Any]:
        """Run a statement that changes rows: `{affectedRows, generatedKeys}`."""
        try:
            return _outcome(self._open().execute(sql, values))
        except (sqlite3.Error, OverflowError, ValueError) as error:
            if not _is_locked(error):
                raise self._failure(error, sql, values) from error
        return await self._patiently(lambda: _outcome(self._open().execute(sql, values)), sql, values)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    # The connection

    def _open(self) -> sqlite3.Connection:
        if self._connection is None or not self._is_checked:
            self._check()
            if self._connection is None:
                self._connect()
        assert self._connection is not None
        return self._connection

    def _check(self) -> None:
        """Close the connection where the file behind it is not the one that was opened."""
        if self._file == ":memory:":
            self._is_checked = True
            return
        if self._connection is not None and self._identity != _identity(self._file):
            self._former = self._identity, _identity(self._log)
            self.close()
        self._is_checked = True
        asyncio.get_running_loop().call_soon(self._forget_check)

    def _forget_check(self) -> None:
        self._is_checked = False

    def _refuse_foreign_log(self) -> None:
        """A file in the place of the former one, but the former one's log beside it: SQLite would mix the two."""
        former, log = self._former
        if log is None or _identity(self._log) != log:
            self._former = None, None
        elif _identity(self._file) not in (former, None):
            raise sqlite3.OperationalError("the file was replaced, and the -wal file beside it is the former one's")

    def _connect(self) -> None:
        self._refuse_foreign_log()
        # A file that was there before and is gone is a lost database, not a reason for an empty one.
        mode = "rw" if self._was_open else "rwc"
        target = self._file if self._file == ":memory:" else f"{Path(self._file).absolute().as_uri()}?mode={mode}"
        # No waiting inside the driver: it would hold up every other request.
        connection = sqlite3.connect(target, timeout=0, isolation_level=None, check_same_thread=False, uri=True)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA foreign_keys=ON")
            self._identity = _identity(self._file)
        except sqlite3.Error:
            connection.close()
            raise
        self._connection, self._was_open = connection, self._file != ":memory:"

    async def _patiently(self, action: Callable[[], Result], sql: str, values: Sequence[Any] = ()) -> Result:
        """The action's result; while another process holds a lock, tried again without blocking the loop."""
        deadline, pause = monotonic() + LONGEST_WAIT, 0.001
        while True:
            try:
                return action()
            except (sqlite3.Error, OverflowError, ValueError) as error:
                if not _is_locked(error) or monotonic() > deadline:
                    raise self._failure(error, sql, values) from error
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.1)

    # Errors

    def _failure(self, error: Exception, sql: str, values: Sequence[Any]) -> FlowError:
        error_type, description = self._diagnosis(error, sql, values)
        return FlowError(error_type, description, detailed_description=str(error), cause=error)

    def _diagnosis(self, error: Exception, sql: str, values: Sequence[Any]) -> tuple[ErrorType, str]:
        code = getattr(error, "sqlite_errorcode", None)
        primary = code & 0xFF if code is not None else None
        if primary == sqlite3.SQLITE_CANTOPEN:
            return CANNOT_REACH, "the database cannot be reached"
        if primary in OF_THE_ENVIRONMENT or self._connection is None:
            return DB_CONNECTIVITY, "the database is not available"
        if primary == sqlite3.SQLITE_CONSTRAINT:
            return QUERY_EXECUTION, CONSTRAINTS.get(error.sqlite_errorname, "the row breaks a constraint")  # type: ignore[attr-defined]  # a sqlite3.Error
        if primary == sqlite3.SQLITE_ERROR and not self._is_preparable(sql, values):
            return BAD_SQL_SYNTAX, "a statement is not understood by the database"
        if isinstance(error, sqlite3.ProgrammingError) and "one statement" in str(error):
            return BAD_SQL_SYNTAX, "there is more than one statement in sql"
        return QUERY_EXECUTION, "a value cannot be stored" if code is None else "a statement failed"

    def _is_preparable(self, sql: str, values: Sequence[Any]) -> bool:
        assert self._connection is not None
        try:
            self._connection.execute(f"EXPLAIN {sql}", values)
        except sqlite3.Error:
            return False
        return True


CONSTRAINTS = {
    "SQLITE_CONSTRAINT_CHECK": "the row breaks a rule of its table",
    "SQLITE_CONSTRAINT_FOREIGNKEY": "the row refers to one that does not exist",
    "SQLITE_CONSTRAINT_NOTNULL": "the row lacks a value that its table needs",
    "SQLITE_CONSTRAINT_PRIMARYKEY": "there is a row with this key already",
    "SQLITE_CONSTRAINT_UNIQUE": "there is a row with this value already",
}


def _outcome(cursor: sqlite3.Cursor) -> dict[str, Any]:
    """What a statement changed; the row that RETURNING gives is the generated keys."""
    if cursor.description is None:
        return {"affectedRows": max(cursor.rowcount, 0), "generatedKeys": {}}
    names = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    keys = dict(zip(names, rows[0], strict=True)) if rows else {}
    return {"affectedRows": max(cursor.rowcount, len(rows)), "generatedKeys": keys}


def _is_locked(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in LOCKED


def _identity(file: str) -> Identity:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_dev, status.st_ino
