"""The status of an answer."""

from __future__ import annotations

from typing import Any

from engine.core.errors import CRITICAL, DUPLICATE_MESSAGE, VALIDATION, FlowError
from engine.core.refusal import Refusal


def status_in(value: Any) -> int | None:
    """A status of 200 to 599, from a number or a text. 1xx would leave the caller waiting."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 10:
        value = int(value)
    return value if type(value) is int and 200 <= value <= 599 else None


def status_of(error: FlowError) -> int:
    """The status of an error for which nobody assigned one (language.md, "HTTP": the ordered table)."""
    if isinstance(error, Refusal):
        return error.status
    lineage = error.type.lineage
    identifiers = {error_type.identifier for error_type in lineage}
    if "COMPOSITE_ROUTING" in identifiers:
        shared = {status_of(child) for child in error.child_errors}
        return shared.pop() if len(shared) == 1 else 500
    if "TIMEOUT" in identifiers:
        return 504
    if "CONNECTIVITY" in identifiers or lineage[-1] == CRITICAL:
        return 503
    if error.type.namespace == "HTTP":
        return 502
    if error.type == DUPLICATE_MESSAGE:
        return 409
    if VALIDATION in lineage or str(error.type) == "JSON:SCHEMA_NOT_HONOURED":
        return 400
    return 500
