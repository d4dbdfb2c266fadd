"""Work of many statements that are committed together, with the outcome of each as if it stood alone."""

from __future__ import annotations

import types
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from engine.values.errors import FlowError
from engine.work.begun import begin, rest_of
from engine.work.held_lines import HeldLines
from engine.work.transaction import Transaction
from engine.work.turns import undivided

T = TypeVar("T")


class BatchLost(BaseException):
    """Nothing of a batch was kept: its work is done again, each statement alone. No handler takes it."""


class BatchInDoubt(FlowError):
    """Nobody knows whether a batch was kept: what its work came to is told to nobody."""


class Again(BaseException):
    """A statement came to something else than presumed: the work goes on where its Points say. No handler takes it."""


def result_at_once(work: Coroutine[Any, Any, T]) -> T:
    """What work within a batch comes to, which does not wait. Raises BatchLost where it would."""
    with undivided():
        begun = begin(work)
    if not begun.is_done:
        work.close()
        raise BatchLost
    result: T = begun.value
    return result


class Points(Protocol):
    """Where work can be taken up again, for resources that answer before they know what came of a statement."""

    def start(self, state: Any) -> tuple[int, Any]:
        """The number from 0 of the item to begin with, and the state before it; at first 0 and the state given."""
        ...

    def note(self, state: Any) -> None:
        """The next item begins, with this state, which is never changed."""

    def is_due(self) -> bool:
        """Whether the batch should end: it may be in the way of others."""
        ...


class Batching(Protocol):
    """A resource that can commit many statements of one task at once, with the outcome of each as if alone."""

    async def open_batch(self) -> bool:
        """Begin one; False where that cannot be now."""
        ...

    def points(self) -> Points | None:
        """Those of the batch that is open; None where the work never has to be taken up again."""
        ...

    def share_batch(self) -> None:
        """The work waits in the middle of the batch that is open: others run before it goes on."""
        ...

    async def close_batch(self) -> None:
        """Keep what was done. Raises BatchLost where nothing of it can be kept, and BatchInDoubt."""

    async def drop_batch(self) -> None:
        """Undo what was done, and end it; at once where that was done before."""


MOST_TOGETHER = 256
"""How many items of a loop are committed together at the most."""

Work = Callable[[Points | None, bool], Coroutine[Any, Any, T]]
"""What is done, from where the points say, and whether statements do not wait: in a batch, and where there are none."""


async def together(resource: Batching | None, count: int, work: Work[T], *, divided: bool = False) -> T:
    """What the work comes to, its statements committed together where that can be.

    The work acts on nothing but the resource and waits for nothing else (`acting_on`), so it can be done again.
    count: of how many items; one alone commits its statements sooner than it begins a batch.
    divided: whether others may run between the steps of an item, since one alone has taken a turn.
    """
    if resource is None:
        return await work(None, not divided)
    if divided or count == 1 or Transaction.current() is not None or not await resource.open_batch():
        return await work(None, False)
    lines = HeldLines()
    try:
        points = resource.points()
        with_lines = points and _PointsWithLines(points, lines)
        while True:
            with suppress(Again):
                return await _kept(resource, work, with_lines, lines)
    except BatchLost:
        await resource.drop_batch()
    except BaseException:
        await resource.drop_batch()
        raise
    return await work(None, False)


async def _kept(resource: Batching, work: Work[T], points: Points | None, lines: HeldLines) -> T:
    with lines.hold():
        try:
            result = await _noticing(work(points, True), resource.share_batch)
        except FlowError:
            await resource.close_batch()  # the statements before it stand, as they would alone
            lines.write()
            raise
        await resource.close_batch()
        lines.write()
        return result


class _PointsWithLines:
    """Points from which the log goes on, too."""

    def __init__(self, points: Points, lines: HeldLines) -> None:
        self._points = points
        self._lines = lines
        self.is_due = points.is_due

    def start(self, state: Any) -> tuple[int, Any]:
        first, state = self._points.start(state)
        self._lines.go_back(first)
        return first, state

    def note(self, state: Any) -> None:
        self._lines.note()
        self._points.note(state)


@types.coroutine
def _noticing(work: Coroutine[Any, Any, T], waits: Callable[[], None]) -> Generator[Any, Any, T]:
    """What the work comes to; `waits` is called when it waits for the first time, before others run."""
    begun = begin(work)
    if begun.is_done:
        result: T = begun.value
        return result
    waits()
    return (yield from rest_of(work, begun.value))
