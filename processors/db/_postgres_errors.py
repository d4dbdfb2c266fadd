"""Errors of PostgreSQL as errors of the connector, by their SQLSTATE.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from __future__ import annotations

import asyncpg

from engine import ErrorType, FlowError, Message
from processors.db._errors import CANNOT_REACH, DB_TIMEOUT, QUERY_EXECUTION
from processors.db._states import UNAVAILABLE, meaning_of

OF_CONNECTION = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""The exceptions of the driver for its connection, and for values: those are DataError."""

FAILURES = (
    asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, ValueError, TypeError,
    ArithmeticError, RecursionError, NotImplementedError,
)  # fmt: skip
"""The exceptions of the driver, and those of values that do not fit."""

OF_OTHERS = ("40", "53", "55", "57", "58", "08", "XX")
"""The classes of errors that are caused by others and by the machine, not by the statement."""


def failure_of(error: BaseException) -> FlowError:
    error_type, description = _diagnosis(error)
    return FlowError(
        error_type, description, detailed_description=_details(error), cause=error, error_message=_message(error)
    )


def unreachable(error: BaseException) -> FlowError:
    """Return the error of a connection that could not be made."""
    if isinstance(error, asyncpg.PostgresError):
        return failure_of(error)
    return FlowError(CANNOT_REACH, "the database cannot be reached", detailed_description=str(error), cause=error)


def state_of(error: BaseException) -> str:
    """Return the SQLSTATE; empty if the error is not the server's."""
    return getattr(error, "sqlstate", None) or ""


def is_of_server(error: BaseException) -> bool:
    """Return whether the server raised it; for a value that does not fit, the driver sends nothing."""
    return getattr(error, "severity", None) is not None


def is_fatal(error: BaseException) -> bool:
    """Return whether the connection is unusable, though it may not yet be closed."""
    ends = getattr(error, "severity_en", None) in ("FATAL", "PANIC")
    return ends or (
        isinstance(error, asyncpg.InternalClientError) and not isinstance(error, asyncpg.OutdatedSchemaCacheError)
    )


def comes_of_others(error: BaseException) -> bool:
    """Return whether others or the machine may have caused it, and not the statement alone."""
    return state_of(error).startswith(OF_OTHERS)


def _diagnosis(error: BaseException) -> tuple[ErrorType, str]:
    state = state_of(error)
    if state:
        return meaning_of(state) or (QUERY_EXECUTION, "a statement failed")
    if isinstance(error, TimeoutError):
        return DB_TIMEOUT, "a statement took longer than it may"
    if isinstance(error, asyncpg.DataError) or not isinstance(error, OF_CONNECTION):
        return QUERY_EXECUTION, "a value cannot be stored"
    return UNAVAILABLE


def _details(error: BaseException) -> str:
    state = state_of(error)
    constraint = getattr(error, "constraint_name", None)
    return f"{f'{state}: ' if state else ''}{error}{f' (constraint {constraint})' if constraint else ''}"


def _message(error: BaseException) -> Message | None:
    """Return the part of it that flows can read as `error.errorMessage`: names of the schema, and no values."""
    state = state_of(error)
    if not state:
        return None
    names = {name: getattr(error, f"{name}_name", None) for name in ("constraint", "table", "column")}
    return Message(payload={"sqlState": state, **names}, attributes={})
