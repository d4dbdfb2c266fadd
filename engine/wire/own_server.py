"""Facts that our own server passes to an application in the scope of a request, beyond ASGI."""

from __future__ import annotations

CONNECTION = "engine.connection"
"""The connection, which knows the caller's certificate, and whether the caller is gone."""

HELD = "engine.held"
"""The share of the common room that is held by a request that did not come in one piece."""


class BrokenStream(Exception):
    """An answer that had begun and could not be finished: the connection is closed, so that the caller notices.

    The reason was logged already.
    """
