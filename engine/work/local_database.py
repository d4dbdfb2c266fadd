"""Data that must outlive the process: a SQLite file in the data folder."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from engine.values.errors import ErrorType, FlowError

log = logging.getLogger("engine")

LONGEST_WAIT = 1.0
"""Seconds that a statement waits for another process that is writing. Ours hold the file for microseconds."""


class LocalDatabase:
    """A SQLite file, opened on first use and again after `close`.

    A statement takes microseconds, so it runs in the event loop. Committed data survives the end
    of the process, kill -9 too (write-ahead log; synchronous=NORMAL loses data only in a power cut). Several processes
    may use one file.

    file: created if missing, with its folder, for this user alone.
    schema: statements that create the tables if they are missing. added: columns that the tables of earlier versions
    lack, as they stand in the schema, each with its table.
    unavailable: the type of the FlowError that is raised if the file cannot be used.
    """

    def __init__(self, file: Path, schema: str, unavailable: ErrorType, added: Mapping[str, str] | None = None) -> None:
        self._file = file
        self._schema = schema
        self._added = added or {}
        self._unavailable = unavailable
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None

    def run(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement, committed unless in a transaction. Return its rows (of RETURNING, if it changes any)."""
        try:
            return self._opened().execute(sql, values).fetchall()
        except (sqlite3.Error, OSError) as error:
            raise self._failure(error) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run all statements inside, or none of them. There must be no await inside."""
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _opened(self) -> sqlite3.Connection:
        """Return the connection. If the file was removed, open a new one: writes to the old one would be lost."""
        connection = self._connection
        if connection is not None and not connection.in_transaction and self._identity != _identity(self._file):
            log.warning("%s was removed or replaced while it was in use; it is opened anew", self._file)
            self.close()
        return self._connection or self._connect()

    def _connect(self) -> sqlite3.Connection:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file.touch(mode=0o600)
        connection = sqlite3.connect(self._file, timeout=LONGEST_WAIT, isolation_level=None, check_same_thread=False)
        try:
            _use_write_ahead_log(connection)
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.executescript(self._schema)
            for column, table in self._added.items():
                _add(connection, table, column)
        except sqlite3.Error:
            connection.close()
            raise
        self._connection, self._identity = connection, _identity(self._file)
        return connection

    def _failure(self, error: Exception) -> FlowError:
        detail = f"{self._file}: {error}"
        return FlowError(
            self._unavailable, "what is stored cannot be reached", detailed_description=detail, cause=error
        )


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch to WAL. If several processes start together, one switches; SQLite refuses the others without waiting."""
    deadline = monotonic() + LONGEST_WAIT
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if monotonic() > deadline:
                raise
        sleep(0.005)


def _add(connection: sqlite3.Connection, table: str, column: str) -> None:
    """Add a column to a table that lacks it; another process may do so at the same time."""
    name = column.split()[0]
    known = "SELECT 1 FROM pragma_table_info(?) WHERE name = ?"
    try:
        if not connection.execute(known, (table, name)).fetchall():
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
    except sqlite3.OperationalError:
        if not connection.execute(known, (table, name)).fetchall():
            raise


def _identity(file: Path) -> tuple[int, int] | None:
    """Return the device and inode of a file; None if it does not exist."""
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_dev, status.st_ino
