"""What our own server offers to an application beyond ASGI: facts in the scope of a request, answers in one piece."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

CONNECTION = "engine.connection"
"""The connection, which knows the caller's certificate, and whether the caller is gone."""

HELD = "engine.held"
"""The share of the common room that is held by a request that did not come in one piece."""


class Answerable:
    """A request of our own server: its `send` is what the application gets, unless something is in between."""

    __slots__ = ()

    def answer(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes, reason: bytes | None) -> bool:
        """Write a whole answer, as two messages would. Return False, and write nothing, if that has to wait."""
        raise NotImplementedError


def answerable(send: Any) -> Answerable | None:
    """Return the request that a `send` belongs to; None if it is another server's, or something wants the messages."""
    owner = getattr(send, "__self__", None)
    return owner if isinstance(owner, Answerable) else None


class BrokenStream(Exception):
    """An answer that had begun and could not be finished: the connection is closed, so that the caller notices.

    The reason was logged already.
    """
