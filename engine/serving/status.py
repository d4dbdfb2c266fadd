"""Callers that are gone before they have their answer."""

from __future__ import annotations

from engine.values.errors import CRITICAL
from engine.values.refusal import Refusal

CLIENT_CLOSED = 499
"""The status in the log for a caller that hung up before it had its whole answer (nginx's number)."""


def hung_up() -> Refusal:
    """Return the error of a flow whose caller is gone: no handler catches it, the request's log line shows it."""
    refusal = Refusal(CLIENT_CLOSED, CRITICAL, "the caller hung up")
    refusal.logged = True
    return refusal
