"""The meaning of SQLSTATEs, which all servers have in common (ISO 9075), those of PostgreSQL among them."""

from __future__ import annotations

from engine import ErrorType
from processors.db._errors import (
    BAD_SQL_SYNTAX,
    DB_CONNECTIVITY,
    DB_TIMEOUT,
    DEADLOCK,
    INVALID_CREDENTIALS,
    INVALID_DATABASE,
    QUERY_EXECUTION,
    SERIALIZATION_FAILURE,
)  # fmt: skip

Meaning = tuple[ErrorType, str]
"""The type of an error and its description."""

UNAVAILABLE = DB_CONNECTIVITY, "the database is not available"
BY_STATE: dict[str, Meaning] = {
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
BY_CLASS: dict[str, Meaning] = {
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


def meaning_of(state: str) -> Meaning | None:
    """Return the meaning of a state; None if it is unknown."""
    return BY_STATE.get(state) or BY_CLASS.get(state[:2])
