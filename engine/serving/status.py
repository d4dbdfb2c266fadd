"""The caller that is gone before it has its answer."""

from __future__ import annotations

from engine.values.errors import CRITICAL
from engine.values.refusal import Refusal

CLIENT_CLOSED = 499
"""What the log shows for a caller that hung up before it had its whole answer (nginx's number)."""


def hung_up() -> Refusal:
    """The error of a flow whose caller is gone: no handler takes it, and the line of the request tells it."""
    refusal = Refusal(CLIENT_CLOSED, CRITICAL, "the caller hung up")
    refusal.logged = True
    return refusal
