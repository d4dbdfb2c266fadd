"""Work in a thread, beside an event loop that goes on answering."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from engine.expressions.budget import with_own_budget

T = TypeVar("T")

SHORT = 0.0002
"""Seconds that the thread computes while the event loop waits for its turn. With Python's 5 ms, a loop that gives its
turn away with each read and write would answer a tenth of the requests."""


async def aside(work: Callable[[], T]) -> T:
    """Return the result of work that computes for long and makes much that stays, done in a thread."""
    with _short_turns(), _without_garbage():
        return await asyncio.to_thread(with_own_budget(work))


@contextmanager
def _short_turns() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(SHORT, before))
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@contextmanager
def _without_garbage() -> Iterator[None]:
    """Collect no garbage within it: looking through all that was made would hold the loop for up to a second.

    What was made is not looked through later either, if that is so with what was made before.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
        if gc.get_freeze_count():
            gc.freeze()
    finally:
        if was_enabled:
            gc.enable()


def collect_all() -> None:
    """Collect what was frozen, too, such as classes, which are always in reference cycles."""
    if gc.get_freeze_count():
        gc.unfreeze()
        gc.collect()
        gc.freeze()
