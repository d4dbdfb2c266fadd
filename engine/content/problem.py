"""Problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from engine.expressions.writing import encode

PROBLEM = "application/problem+json"


def problem(
    status: int,
    instance: str,
    correlation_id: str,
    error_type: str = "",
    detail: str = "",
    more: Mapping[str, Any] | None = None,
) -> bytes:
    """Return the body of an answer to a failure; for a 5xx it reveals nothing about what happened inside.

    more: members in addition to those of RFC 9457.
    """
    title = HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else "Error"
    members: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    if status < 500:
        members |= {"detail": detail, "errorType": error_type, **(more or {})}
    else:
        members["detail"] = "The request could not be processed; the correlation id finds it in the log."
    return encode(members | {"instance": quote(instance, errors="replace"), "correlationId": correlation_id})
