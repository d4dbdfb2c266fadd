"""The error types of the namespace DB."""

from __future__ import annotations

from engine import ErrorType, FlowError, Message
from engine.connectors import ANY, CONNECTIVITY

DB_CONNECTIVITY = CONNECTIVITY.child("CONNECTIVITY", "DB")
CANNOT_REACH = DB_CONNECTIVITY.child("CANNOT_REACH")
INVALID_CREDENTIALS = DB_CONNECTIVITY.child("INVALID_CREDENTIALS")
INVALID_DATABASE = DB_CONNECTIVITY.child("INVALID_DATABASE")
BAD_SQL_SYNTAX = ANY.child("BAD_SQL_SYNTAX", "DB")
QUERY_EXECUTION = ANY.child("QUERY_EXECUTION", "DB")
DB_TIMEOUT = QUERY_EXECUTION.child("TIMEOUT")
DEADLOCK = QUERY_EXECUTION.child("DEADLOCK")
SERIALIZATION_FAILURE = QUERY_EXECUTION.child("SERIALIZATION_FAILURE")
DB_RETRY_EXHAUSTED = ErrorType("DB", "RETRY_EXHAUSTED", CONNECTIVITY.child("RETRY_EXHAUSTED"))

TAKEN_BACK = "the transaction was taken back by the database"

DB_TYPES = (
    DB_CONNECTIVITY, CANNOT_REACH, INVALID_CREDENTIALS, INVALID_DATABASE, BAD_SQL_SYNTAX, QUERY_EXECUTION,
    DB_TIMEOUT, DEADLOCK, SERIALIZATION_FAILURE, DB_RETRY_EXHAUSTED,
)  # fmt: skip


def taken_back(loss: FlowError) -> FlowError:
    """Return the error of a statement in a transaction that is no more; loss: the reason why it was taken back."""
    return loss.copy(description=TAKEN_BACK, detailed_description=f"{TAKEN_BACK}: {loss.detailed_description}")


def of_one(failure: FlowError, what: str, number: int) -> FlowError:
    """Return the error of one of many, such as a row: it names which, by its number from 1."""
    detail = f"{what} {number}: {failure.detailed_description}"
    return failure.copy(detailed_description=detail, error_message=Message({what: number}))
