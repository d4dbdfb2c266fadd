"""Errors of a database behind SQLAlchemy: by SQLSTATE, its own number, and the class of the error."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from typing import Any

from sqlalchemy import exc

from engine import FlowError, Message
from processors.db._errors import CANNOT_REACH, DB_CONNECTIVITY, DB_TIMEOUT, QUERY_EXECUTION
from processors.db._sqlite_errors import told_of
from processors.db._states import BY_STATE, UNAVAILABLE, Meaning, meaning_of

FAILURES = (exc.SQLAlchemyError, OSError, ValueError, TypeError, ArithmeticError, NotImplementedError)
"""The exceptions of SQLAlchemy and the drivers."""

STATE = re.compile(r"[0-9A-Z]{5}")
NONE_FREE = DB_CONNECTIVITY, "no connection to the database was free in time"
NOT_REACHED = CANNOT_REACH, "the database cannot be reached"
SYNTAX = meaning_of("42000") or UNAVAILABLE
DUPLICATE, NO_PARENT, NO_VALUE, RULE = (BY_STATE[state] for state in ("23505", "23503", "23502", "23514"))

# https://mariadb.com/kb/en/mariadb-error-code-reference/ and MySQL's; 1213 has the state of all transactions that may
# be tried again.
OF_MYSQL: dict[int, Meaning] = {
    1044: BY_STATE["28000"], 1045: BY_STATE["28000"], 1698: BY_STATE["28000"], 1049: BY_STATE["3D000"],
    1040: BY_STATE["53300"], 1205: BY_STATE["55P03"], 1213: BY_STATE["40P01"], 1020: BY_STATE["40001"],
    1054: SYNTAX, 1064: SYNTAX, 1146: SYNTAX, 1305: SYNTAX, 1048: NO_VALUE, 1364: NO_VALUE, 1062: DUPLICATE,
    1216: NO_PARENT, 1451: NO_PARENT, 1452: NO_PARENT, 3819: RULE, 4025: RULE, 1142: BY_STATE["42501"],
    1264: meaning_of("22003") or UNAVAILABLE, 1406: meaning_of("22001") or UNAVAILABLE,
    1366: meaning_of("22007") or UNAVAILABLE, 2002: NOT_REACHED, 2003: NOT_REACHED, 2005: NOT_REACHED,
    2006: UNAVAILABLE, 2013: UNAVAILABLE, 2014: UNAVAILABLE, 1053: UNAVAILABLE, 1927: UNAVAILABLE,
    3024: BY_STATE["57014"], 1969: BY_STATE["57014"],
}  # fmt: skip
# https://docs.oracle.com/en/error-help/db/
OF_ORACLE: dict[int, Meaning] = {
    1: DUPLICATE, 60: BY_STATE["40P01"], 54: BY_STATE["55P03"], 1013: BY_STATE["57014"], 1017: BY_STATE["28000"],
    900: SYNTAX, 903: SYNTAX, 904: SYNTAX, 911: SYNTAX, 923: SYNTAX, 933: SYNTAX, 936: SYNTAX, 942: SYNTAX,
    1400: NO_VALUE, 2290: RULE, 2291: NO_PARENT, 2292: NO_PARENT, 3113: UNAVAILABLE, 3114: UNAVAILABLE,
    8177: BY_STATE["40001"], 12154: NOT_REACHED, 12514: BY_STATE["3D000"], 12541: NOT_REACHED,
}  # fmt: skip
# https://www.sqlite.org/rescode.html
OF_SQLITE: dict[int, Meaning] = {
    sqlite3.SQLITE_ERROR: SYNTAX, sqlite3.SQLITE_CANTOPEN: NOT_REACHED,
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: DUPLICATE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: DUPLICATE,
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: NO_PARENT, sqlite3.SQLITE_CONSTRAINT_NOTNULL: NO_VALUE,
    sqlite3.SQLITE_CONSTRAINT_CHECK: RULE, sqlite3.SQLITE_BUSY: UNAVAILABLE, sqlite3.SQLITE_READONLY: UNAVAILABLE,
}  # fmt: skip
NUMBERS: Mapping[str, Mapping[int, Meaning]] = {
    "mysql": OF_MYSQL, "mariadb": OF_MYSQL, "oracle": OF_ORACLE, "sqlite": OF_SQLITE,
}  # fmt: skip


def failure_of(error: BaseException, dialect: str) -> FlowError:
    """Return the error of the connector; dialect: SQLAlchemy's name of the kind of database."""
    origin = getattr(error, "orig", None) or error
    state, number = _state_of(origin), _number_of(origin)
    known = NUMBERS.get(dialect, {}).get(number) if number is not None else None
    error_type, description = known or meaning_of(state) or _by_class(error, number)
    is_of_sqlite = isinstance(origin, sqlite3.Error)
    told = told_of(origin, error_type) if is_of_sqlite else Message({"sqlState": state or None, "code": number})
    return FlowError(error_type, description, detailed_description=str(origin), cause=origin, error_message=told)


def _state_of(origin: Any) -> str:
    """Return the SQLSTATE, if the driver reports one: as an attribute, or as ODBC as the first argument."""
    found = getattr(origin, "sqlstate", None) or next(iter(getattr(origin, "args", ())), None)
    return found if isinstance(found, str) and STATE.fullmatch(found) else ""


def _number_of(origin: Any) -> int | None:
    """Return the database's own number of the error."""
    first = next(iter(getattr(origin, "args", ())), None)
    found = getattr(origin, "sqlite_errorcode", None) or getattr(first, "code", None) or first
    return found if isinstance(found, int) else None


def _by_class(error: BaseException, number: int | None) -> Meaning:
    """number: the database's own; a ProgrammingError without one is the driver's complaint about a value."""
    if getattr(error, "connection_invalidated", False):
        return UNAVAILABLE
    if isinstance(error, TimeoutError):
        return DB_TIMEOUT, "a statement took longer than it may"
    if isinstance(error, exc.IntegrityError):
        return QUERY_EXECUTION, "the row breaks a constraint"
    if isinstance(error, exc.TimeoutError):
        return NONE_FREE
    if isinstance(error, (exc.PendingRollbackError, OSError)):
        return UNAVAILABLE
    if isinstance(error, exc.ProgrammingError) and number is not None:
        return SYNTAX
    if isinstance(error, exc.DBAPIError) and not isinstance(error, (exc.DataError, exc.ProgrammingError)):
        return QUERY_EXECUTION, "a statement failed"
    return QUERY_EXECUTION, "a value cannot be stored"
