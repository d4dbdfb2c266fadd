"""Turns for the others, in loops that may run for long without waiting."""

from __future__ import annotations

import asyncio
from time import monotonic

TURN = 0.2
"""Seconds after which the other requests of the process get their turn, and a deadline can strike."""

OFTEN = 256
"""How many rounds of a loop pass between two looks at the clock."""


class Turns:
    """What a loop calls in each of its OFTEN rounds."""

    def __init__(self) -> None:
        self._ends = monotonic() + TURN

    async def give(self) -> None:
        """Let the others run when the turn is over."""
        if monotonic() > self._ends:
            await asyncio.sleep(0)
            self._ends = monotonic() + TURN
