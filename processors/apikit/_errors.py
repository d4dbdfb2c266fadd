"""The error types of the namespace APIKIT, and the statuses that callers get."""

from __future__ import annotations

from engine import ErrorType, Refusal
from engine.connectors import ANY

STATUSES: dict[ErrorType, int] = {
    ANY.child(name, "APIKIT"): status
    for name, status in {
        "BAD_REQUEST": 400, "NOT_FOUND": 404, "METHOD_NOT_ALLOWED": 405, "NOT_ACCEPTABLE": 406,
        "UNSUPPORTED_MEDIA_TYPE": 415, "NOT_IMPLEMENTED": 501,
    }.items()
}  # fmt: skip
BAD_REQUEST, NOT_FOUND, METHOD_NOT_ALLOWED, NOT_ACCEPTABLE, UNSUPPORTED_MEDIA_TYPE, NOT_IMPLEMENTED = STATUSES


def refusal(error_type: ErrorType, detail: str, **more: object) -> Refusal:
    """Return the refusal of a request; more: headers, members."""
    return Refusal(STATUSES[error_type], error_type, detail, **more)  # type: ignore[arg-type]  # as Refusal takes them
