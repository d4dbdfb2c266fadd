"""One of several ways that an event may take."""

from __future__ import annotations

from engine import Chain, Parameters


class Route(Parameters):
    """One of the routes of a router."""

    steps: Chain
    """What to run."""
