"""What went wrong in PostgreSQL, as the errors of the connector, by its SQLSTATE.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from __future__ import annotations

import asyncpg

from engine import ErrorType, FlowError, Message
from processors.db._errors import (
    BAD_SQL_SYNTAX,
    CANNOT_REACH,
    DB_CONNECTIVITY,
    DB_TIMEOUT,
    DEADLOCK,
    INVALID_CREDENTIALS,
    INVALID_DATABASE,
    QUERY_EXECUTION,
    SERIALIZATION_FAILURE,
)  # fmt: skip

FAILURES = (
    asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError, TypeError, ArithmeticError, RecursionError,
    NotImplementedError,
)  # fmt: skip
"""What the driver raises, and what values raise that do not fit."""

UNAVAILABLE = DB_CONNECTIVITY, "the database is not available"
BY_STATE: dict[str, tuple[ErrorType, str]] = {
    "23502": (QUERY_EXECUTION, "the row lacks a value that its table needs"),
    "23503": (QUERY_EXECUTION, "the row refers to one that does not exist"),
    "23505": (QUERY_EXECUTION, "there is a row with this value already"),
    "23514": (QUERY_EXECUTION, "the row breaks a rule of its table"),
    "23P01": (QUERY_EXECUTION, "the row breaks a constraint"),
    "25006": (DB_CONNECTIVITY, "the database takes no changes"),
    "28000": (INVALID_CREDENTIALS, "the database does not accept the credentials"),
    "28P01": (INVALID_CREDENTIALS, "the database does not accept the credentials"),
    "3D000": (INVALID_DATABASE, "there is no such database"),
    "40001": (SERIALIZATION_FAILURE, "the statement met others at work on the same rows"),
    "40P01": (DEADLOCK, "the statement and others waited for each other"),
    "42501": (QUERY_EXECUTION, "the statement is not allowed"),
    "53300": (DB_CONNECTIVITY, "the database takes no more connections"),
    "55P03": (DB_TIMEOUT, "a lock was not to be had in time"),
    "57014": (DB_TIMEOUT, "the statement was stopped by the database"),
}
BY_CLASS: dict[str, tuple[ErrorType, str]] = {
    "08": UNAVAILABLE,
    "22": (QUERY_EXECUTION, "a value cannot be stored"),
    "23": (QUERY_EXECUTION, "the row breaks a constraint"),
    "28": BY_STATE["28000"],
    "42": (BAD_SQL_SYNTAX, "a statement is not understood by the database"),
    "53": UNAVAILABLE,
    "57": UNAVAILABLE,
    "58": UNAVAILABLE,
    "F0": UNAVAILABLE,
    "XX": UNAVAILABLE,
}
OF_OTHERS = ("40", "53", "55", "57", "58", "08", "XX")
"""The classes of errors that come from what others do and from the machine, not from the statement."""


def failure_of(error: BaseException) -> FlowError:
    error_type, description = _diagnosis(error)
    return FlowError(
        error_type, description, detailed_description=_details(error), cause=error, error_message=_message(error)
    )


def unreachable(error: BaseException) -> FlowError:
    """The error of a connection that could not be made."""
    if isinstance(error, asyncpg.PostgresError):
        return failure_of(error)
    return FlowError(CANNOT_REACH, "the database cannot be reached", detailed_description=str(error), cause=error)


def state_of(error: BaseException) -> str:
    """The SQLSTATE; empty where the error is not the server's."""
    return getattr(error, "sqlstate", None) or ""


def _diagnosis(error: BaseException) -> tuple[ErrorType, str]:
    state = state_of(error)
    if state:
        return BY_STATE.get(state) or BY_CLASS.get(state[:2]) or (QUERY_EXECUTION, "a statement failed")
    if isinstance(error, TimeoutError):
        return DB_TIMEOUT, "a statement took longer than it may"
    if isinstance(error, asyncpg.DataError) or not isinstance(error, (asyncpg.InterfaceError, OSError)):
        return QUERY_EXECUTION, "a value cannot be stored"
    return UNAVAILABLE


def _details(error: BaseException) -> str:
    state = state_of(error)
    constraint = getattr(error, "constraint_name", None)
    return f"{f'{state}: ' if state else ''}{error}{f' (constraint {constraint})' if constraint else ''}"


def _message(error: BaseException) -> Message | None:
    """What flows can read of it as `error.errorMessage`: names of the schema, and nothing of the values."""
    state = state_of(error)
    if not state:
        return None
    names = {name: getattr(error, f"{name}_name", None) for name in ("constraint", "table", "column")}
    return Message(payload={"sqlState": state, **names}, attributes={})
