"""Work of many statements that are committed together, each with the outcome it would have had alone."""

from __future__ import annotations

import types
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from engine.values.errors import FlowError
from engine.work.first_step import begin, rest_of
from engine.work.held_lines import HeldLines
from engine.work.measures import Counter, Histogram, Measures
from engine.work.spans import BATCH_SIZE, Shown, current_span
from engine.work.transaction import Transaction
from engine.work.turns import undivided

T = TypeVar("T")


class BatchLost(BaseException):
    """Nothing of a batch was kept: its work is repeated, each statement alone. No handler catches this."""


class BatchInDoubt(FlowError):
    """It is unknown whether a batch was kept: the result of its work is not reported to anyone."""


class Replay(BaseException):
    """A statement ended differently than presumed: the work resumes at its ResumePoints. No handler catches this."""


def result_at_once(work: Coroutine[Any, Any, T]) -> T:
    """Return the result of work within a batch, which must not wait. Raises BatchLost if it would."""
    with undivided():
        begun = begin(work)
    if not begun.is_done:
        work.close()
        raise BatchLost
    result: T = begun.value
    return result


class ResumePoints(Protocol):
    """Points from which work can be resumed, for resources that answer before they know the outcome of a statement."""

    def start(self, state: Any) -> tuple[int, Any]:
        """Return the number (from 0) of the first item, and the state before it; initially 0 and the state given."""
        ...

    def note(self, state: Any) -> None:
        """Record that the next item begins, with this state, which is never changed."""

    def is_due(self) -> bool:
        """Return whether the batch should end because it may block others."""
        ...


SIZES = (2, 4, 8, 16, 32, 64, 128, 256)
"""Bounds of the number of items of a batch."""


class BatchCounts:
    """Counts what becomes of the batches of a resource: the items of those that are kept, and what is repeated."""

    __slots__ = ("items", "lost", "replays")

    def __init__(self) -> None:
        self.items, self.lost, self.replays = Histogram(SIZES), Counter(), Counter()

    def measure(self, measures: Measures, **labels: str) -> None:
        """Use slots that are read."""
        text = "Items of a loop whose statements were committed together"
        self.items = measures.histogram("engine_db_batch_items", text, SIZES, **labels)
        text = "Batches that were undone, and repeated with each statement alone"
        self.lost = measures.counter("engine_db_batches_lost_total", text, **labels)
        text = "How often a batch went back because a statement ended differently than presumed"
        self.replays = measures.counter("engine_db_batch_replays_total", text, **labels)


class Batching(Protocol):
    """A resource that can commit many statements of a task together, each with the outcome it would have alone."""

    batches: BatchCounts

    async def open_batch(self) -> bool:
        """Begin a batch; False if that is impossible now."""
        ...

    def points(self) -> ResumePoints | None:
        """Return the points of the open batch; None if the work never has to be resumed."""
        ...

    def share_batch(self) -> None:
        """Note that the work waits in the middle of the open batch: others run before it continues."""
        ...

    async def close_batch(self) -> None:
        """Keep the changes. Raises BatchLost if none of them can be kept, and BatchInDoubt."""

    async def drop_batch(self) -> None:
        """Undo the changes and end the batch. Does nothing if that was done before."""


MOST_TOGETHER = 256
"""How many items of a loop are committed together at most."""

Work = Callable[[ResumePoints | None, bool], Coroutine[Any, Any, int]]
"""Does the work, starting at the points; returns how many of the items are done. The flag: statements do not wait (in a
batch, or if there are none)."""


async def commit_together(
    resource: Batching | None, count: int, work: Work, *, divided: bool = False, show: Callable[[], Shown] | None = None
) -> int:
    """Return the result of the work; its statements are committed together if possible.

    The work acts on nothing but the resource and waits for nothing else (`Effects.batching`), so it can be repeated.
    count: the number of items. For a single one, committing its statements is faster than beginning a batch.
    divided: whether others may run between the steps of an item, because a single item has taken a turn.
    show: returns how a trace shows the batch.
    """
    if resource is None:
        return await work(None, not divided)
    if divided or count == 1 or Transaction.current() is not None or not await resource.open_batch():
        return await work(None, False)
    span = current_span()
    try:
        if span is None or show is None:
            return await _committed(resource, work)
        with span.inner(show()) as own:
            done = await _committed(resource, work)
            own.set({BATCH_SIZE: done})
            return done
    except BatchLost:
        return await work(None, False)


async def _committed(resource: Batching, work: Work) -> int:
    """Return the result of the work, whose batch is kept. Raises BatchLost if it is not, and other errors."""
    lines = HeldLines()
    try:
        points = resource.points()
        with_lines = points and _ResumePointsWithLines(points, lines)
        while True:
            with suppress(Replay):
                done = await _kept(resource, work, with_lines, lines)
                resource.batches.items.observe(done)
                return done
            resource.batches.replays.value += 1
    except BatchLost:
        resource.batches.lost.value += 1
        await resource.drop_batch()
        raise
    except BaseException:
        await resource.drop_batch()
        raise


async def _kept(resource: Batching, work: Work, points: ResumePoints | None, lines: HeldLines) -> int:
    with lines.hold():
        try:
            result = await _noticing(work(points, True), resource.share_batch)
        except FlowError:
            await resource.close_batch()  # the statements before it are kept, as they would be alone
            lines.write()
            raise
        await resource.close_batch()
        lines.write()
        return result


class _ResumePointsWithLines:
    """Points from which the log resumes, too."""

    def __init__(self, points: ResumePoints, lines: HeldLines) -> None:
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
    """Return the result of the work; `waits` is called when it waits for the first time, before others run."""
    begun = begin(work)
    if begun.is_done:
        result: T = begun.value
        return result
    waits()
    return (yield from rest_of(work, begun.value))
