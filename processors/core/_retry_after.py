"""The header Retry-After of an upstream."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from engine.connectors import Number
from engine.limits import LONGEST_RETRY_AFTER


def read_retry_after(value: Any, now: datetime) -> float | None:
    """Return the seconds of a Retry-After (RFC 9110, 10.2.3), a number or an HTTP date; None for anything else.

    A time in the past is 0.
    """
    if isinstance(value, str):
        value = value.strip() if len(value) <= LONGEST_RETRY_AFTER else None
    seconds = Number.read(value)
    if seconds is None and isinstance(value, str):
        seconds = _seconds_until(value, now)
    return None if seconds is None else max(0.0, float(seconds))


def _seconds_until(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return (moment - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
