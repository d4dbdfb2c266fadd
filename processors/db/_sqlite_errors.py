"""Errors of SQLite as errors of the connector."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from typing import Any

from engine import ErrorType, FlowError, Message
from processors.db._errors import BAD_SQL_SYNTAX, CANNOT_REACH, QUERY_EXECUTION, TAKEN_BACK
from processors.db._sqlite_decimals import RoundedDecimal
from processors.db._states import UNAVAILABLE

FAILURES = (sqlite3.Error, OverflowError, ValueError)
"""The exceptions of the driver."""

# Not the statement's fault: the file, its disk, its locks (https://www.sqlite.org/rescode.html).
OF_THE_ENVIRONMENT = frozenset(
    {
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_AUTH,
    }
)  # fmt: skip
LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
CONSTRAINTS = {
    "SQLITE_CONSTRAINT_CHECK": "the row breaks a rule of its table",
    "SQLITE_CONSTRAINT_FOREIGNKEY": "the row refers to one that does not exist",
    "SQLITE_CONSTRAINT_NOTNULL": "the row lacks a value that its table needs",
    "SQLITE_CONSTRAINT_PRIMARYKEY": "there is a row with this key already",
    "SQLITE_CONSTRAINT_UNIQUE": "there is a row with this value already",
}
STATES = {
    "SQLITE_CONSTRAINT_CHECK": "23514",
    "SQLITE_CONSTRAINT_FOREIGNKEY": "23503",
    "SQLITE_CONSTRAINT_NOTNULL": "23502",
    "SQLITE_CONSTRAINT_PRIMARYKEY": "23505",
    "SQLITE_CONSTRAINT_ROWID": "23505",
    "SQLITE_CONSTRAINT_UNIQUE": "23505",
}
"""The SQLSTATEs that servers have for the same: SQLite has none, and flows read one on every database."""
STATES_OF_TYPES = {QUERY_EXECUTION: "22000", BAD_SQL_SYNTAX: "42000", CANNOT_REACH: "08001", UNAVAILABLE[0]: "08000"}
COLUMN = re.compile(r"(?:UNIQUE|NOT NULL) constraint failed: (?P<table>[^.,]+)\.(?:(?P<column>[^.,]+)|.+)")
CONSTRAINT = re.compile(r"CHECK constraint failed: (?P<check>.+)|UNIQUE constraint failed: index '(?P<index>.+)'", re.S)


def is_locked(error: BaseException) -> bool:
    return _primary(error) in LOCKED


def _primary(error: BaseException | None) -> int | None:
    """Return the primary code of an error; None if SQLite did not raise it."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def locked() -> sqlite3.OperationalError:
    """Return the error of a database that somebody else has locked."""
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    error.sqlite_errorname = "SQLITE_BUSY"
    return error


def taken_back(loss: Exception | None) -> FlowError:
    """Return the error of a transaction that is no more; loss: the error with which the database took it back."""
    is_of_environment = _primary(loss) in OF_THE_ENVIRONMENT
    error_type, description = UNAVAILABLE if is_of_environment else (QUERY_EXECUTION, TAKEN_BACK)
    told = told_of(loss, error_type) if loss else None
    return FlowError(
        error_type, description, detailed_description=f"{TAKEN_BACK}: {loss}", cause=loss, error_message=told
    )


def failure_of(
    error: BaseException, connection: sqlite3.Connection | None, sql: str, values: Sequence[Any]
) -> FlowError:
    error_type, description = _diagnosis(error, connection, sql, values)
    told = told_of(error, error_type)
    return FlowError(error_type, description, detailed_description=str(error), cause=error, error_message=told)


def told_of(error: BaseException, error_type: ErrorType) -> Message:
    """Return the part of an error that flows can read as `error.errorMessage`: names of the schema, and no values."""
    code, name = getattr(error, "sqlite_errorcode", None), getattr(error, "sqlite_errorname", "")
    is_of_constraint = name.startswith("SQLITE_CONSTRAINT")
    state = STATES.get(name) or ("23000" if is_of_constraint else STATES_OF_TYPES.get(error_type))
    constraint, column = CONSTRAINT.fullmatch(str(error)), COLUMN.fullmatch(str(error))
    names = {
        "constraint": constraint and (constraint["check"] or constraint["index"]),
        "table": column and column["table"],
        "column": column and column["column"],
    }
    return Message(
        {"sqlState": "22003" if isinstance(error, (OverflowError, RoundedDecimal)) else state, "code": code, **names}
    )


def _diagnosis(
    error: BaseException, connection: sqlite3.Connection | None, sql: str, values: Sequence[Any]
) -> tuple[ErrorType, str]:
    primary = _primary(error)
    if primary == sqlite3.SQLITE_CANTOPEN:
        return CANNOT_REACH, "the database cannot be reached"
    if primary in OF_THE_ENVIRONMENT or connection is None:
        return UNAVAILABLE
    if primary == sqlite3.SQLITE_CONSTRAINT:
        return QUERY_EXECUTION, CONSTRAINTS.get(error.sqlite_errorname, "the row breaks a constraint")  # type: ignore[attr-defined]  # a sqlite3.Error
    if primary == sqlite3.SQLITE_ERROR and not _is_preparable(connection, sql, values):
        return BAD_SQL_SYNTAX, "a statement is not understood by the database"
    if isinstance(error, RoundedDecimal):
        return QUERY_EXECUTION, "a decimal has more digits than its column keeps"
    if isinstance(error, sqlite3.ProgrammingError) and "one statement" in str(error):
        return BAD_SQL_SYNTAX, "there is more than one statement in sql"
    return QUERY_EXECUTION, "a value cannot be stored" if primary is None else "a statement failed"


def _is_preparable(connection: sqlite3.Connection, sql: str, values: Sequence[Any]) -> bool:
    try:
        connection.execute(f"EXPLAIN {sql}", values)
    except sqlite3.Error:
        return False
    except ValueError:  # of a value: it was prepared
        return True
    return True
