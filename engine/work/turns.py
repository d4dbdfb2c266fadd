"""Turns for other tasks, in chains and loops that may run for long without waiting."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from engine.expressions.budget import begin, current_budget, here
from engine.work.held_lines import is_held

TURN = 0.2
"""Seconds after which other requests of the process get their turn, and a deadline can fire."""

OFTEN = 16
"""Rounds of a loop between two looks at the clock."""

MUCH = 4_000_000
"""Steps of expressions (about 0.1 s) after which the turn is over as well: checking them costs nothing."""


class _Turn(threading.local):
    """The current turn: one for all loops of an event loop, since they may be nested.

    ends: when it ends. waiting: the loops whose next turn has not begun, in their order.
    undivided: how many pieces of work are running that end before others run.
    taken: the event loop in whose round a turn began; a second one then would keep all others waiting longer.
    """

    def __init__(self) -> None:
        self.ends = 0.0
        self.waiting: deque[object] = deque()
        self.undivided = 0
        self.taken: asyncio.AbstractEventLoop | None = None

    def be_free(self) -> None:
        self.taken = None


_turn = _Turn()


def is_turn_over() -> bool:
    return monotonic() > _turn.ends or (here() or begin()).spent > MUCH


async def give_turn() -> None:
    """Let others run when the turn is over; in the middle of a batch, which they may undo, only after two turns."""
    now = monotonic()
    if (now > _turn.ends and (now > _turn.ends + TURN or not is_held())) or (here() or begin()).spent > MUCH:
        await _next_turn()


async def give_turn_after_much() -> None:
    """Let others run after a step that has computed a lot, if the work may be divided there.

    It may not be divided inside an expression (`lookup` runs a flow there), nor in a batch, whose loop gives the turns.
    """
    budget = here() or begin()
    if budget.spent > MUCH and not (budget.limit or _turn.undivided or is_held()):
        await _next_turn()


@contextmanager
def undivided() -> Iterator[None]:
    """Give no turns within the context: the work inside does not wait."""
    _turn.undivided += 1
    try:
        yield
    finally:
        _turn.undivided -= 1


async def _next_turn() -> None:
    loop, own = asyncio.get_running_loop(), object()
    _turn.waiting.append(own)
    try:
        await asyncio.sleep(0)
        while _turn.taken is loop or _turn.waiting[0] is not own:  # noqa: ASYNC110  # it waits for rounds, not an event
            await asyncio.sleep(0)
    finally:
        _turn.waiting.remove(own)
    _turn.taken = loop
    loop.call_soon(_turn.be_free)
    _turn.ends = monotonic() + TURN
    current_budget().spent = 0
