"""Turns for the others, in loops that may run for long without waiting."""

from __future__ import annotations

import asyncio
from time import monotonic

from engine.core.held_lines import is_held

TURN = 0.2
"""Seconds after which the other requests of the process get their turn, and a deadline can strike."""

OFTEN = 16
"""How many rounds of a loop pass between two looks at the clock."""

_ends = 0.0
"""When the turn ends: that of all loops, for they may run inside each other."""


def is_turn_over() -> bool:
    return monotonic() > _ends


async def give_turn() -> None:
    """Let the others run when the turn is over; in the middle of a batch, which they may undo, only after two turns."""
    global _ends
    now = monotonic()
    if now > _ends and (now > _ends + TURN or not is_held()):
        await asyncio.sleep(0)
        _ends = monotonic() + TURN
