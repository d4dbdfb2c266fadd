"""What our own server tells an application in the scope of a request; ASGI has no place for it."""

from __future__ import annotations

CONNECTION = "engine.connection"
"""The connection, which knows who shows which certificate, and whether the caller is gone."""

HELD = "engine.held"
"""What a request that did not come at once holds of the room that all have together."""


class BrokenStream(Exception):
    """An answer that had begun and could not be ended: the connection is closed, so that the caller sees it.

    Why it broke was logged already.
    """
