"""The status of an answer."""

from __future__ import annotations

from typing import Any

from engine.expressions.digits import is_digits
from engine.expressions.operators import is_number
from engine.values.errors import COMPOSITE_ROUTING, CRITICAL, DUPLICATE_MESSAGE, VALIDATION, ErrorType, FlowError
from engine.values.refusal import Refusal


def status_in(value: Any) -> int | None:
    """Return a status of 200 to 599, from a whole number (also 201.0, which a division makes) or a text of digits.

    A 1xx would leave the caller waiting.
    """
    if type(value) is int:  # as most are
        return value if 200 <= value <= 599 else None
    if isinstance(value, str):
        text = value.strip()
        value = int(text) if is_digits(text) and len(text) < 10 else None
    if not is_number(value) or not 200 <= value <= 599 or value != int(value):
        return None
    return int(value)


def is_callers(status: int) -> bool:
    """Return whether a status blames the caller (RFC 9110, 15.5)."""
    return 400 <= status < 500


def status_of(error: FlowError) -> int:
    """Return the status of an error without an assigned one (docs/language.md, "Answering": the ordered table)."""
    if isinstance(error, Refusal):
        return error.status
    if COMPOSITE_ROUTING in error.type.lineage:
        shared = {status_of(child) for child in error.child_errors}
        return shared.pop() if len(shared) == 1 else 500
    return status_of_type(error.type)


def status_of_type(error_type: ErrorType) -> int:
    """Return the status of an error of this type that no listener, router or authentication element raised."""
    lineage = error_type.lineage
    identifiers = {ancestor.identifier for ancestor in lineage}
    if "TIMEOUT" in identifiers:
        return 504
    if "CONNECTIVITY" in identifiers or lineage[-1] == CRITICAL:
        return 503
    if error_type.namespace == "HTTP":
        return 502
    if error_type == DUPLICATE_MESSAGE:
        return 409
    if VALIDATION in lineage or str(error_type) == "JSON:SCHEMA_NOT_HONOURED":
        return 400
    return 500
