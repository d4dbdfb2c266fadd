"""One pass of a loop through its items."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from functools import partial
from time import monotonic
from typing import Any, NamedTuple

from engine import Condition, Event, FlowError, Stream
from engine.connectors import (
    MOST_TOGETHER,
    MUCH,
    OFTEN,
    BatchInDoubt,
    Batching,
    Collect,
    ResumePoints,
    Run,
    RunPlain,
    Shown,
    Unreadable,
    commit_together,
    current_budget,
    give_turn,
    is_turn_over,
)
from processors.core._items import Portions, holds_after

SOON = 0.1
"""Seconds within which a portion of a stream's outcomes should be ready. If the steps are faster, portions grow."""


class LoopBody(NamedTuple):
    """The linked steps of a loop.

    plain: the same as a plain function; None if they may wait even within a batch. resource: the only thing they act
    on, so that their statements can be committed together; None if there is no such resource. show: returns how a trace
    shows such a batch.
    """

    run: Run
    plain: RunPlain | None
    resource: Batching | None
    show: Callable[[], Shown]


class Beginning(NamedTuple):
    """Where a part of a pass begins, to which it may return.

    items: those of the part. known: the number of outcomes before them. current: the event before them. failed: takes
    the numbers of the items that fail.
    """

    items: Sequence[Any]
    known: int
    current: Event
    failed: list[int]


class Pass:
    """Goes through the items once; with `collect` it continues after items that fail.

    entering: makes the event of an item from the current event, the item, and its number from 1. current: the event
    after the last item that succeeded. until: ends the loop if it holds after an item. outcomes: those of the items so
    far, made by `collect`.
    """

    def __init__(
        self,
        body: LoopBody,
        entering: Callable[[Event, Any, int], Event],
        current: Event,
        until: Condition | None,
        collect: Collect | None,
    ) -> None:
        self.current = current
        self.outcomes: list[Any] = []
        self._body = body
        self._entering = entering
        self._until = until
        self._collect = collect
        self._is_over = self._may_be_unreadable = False
        self._count = 0

    async def through(self, items: Sequence[Any] | Portions, cut: Callable[[Sequence[Any]], Sequence[Any]]) -> None:
        """Go through all items. An error that ends the loop leaves with the event of the failure.

        cut: turns items into the payloads that enter the steps: one each, or one for several.
        """
        if not isinstance(items, Portions):
            await self._go_on(cut(items))
            return
        self._may_be_unreadable = items.may_be_unreadable
        try:
            async for some in items:
                await self._go_on(cut(some))
                if self._is_over:
                    await items.leave()
                    break
        except FlowError as failure:
            failure.event = failure.event or self.current
            raise

    def stream(self, items: Sequence[Any] | Portions) -> Stream:
        """Return the outcomes as a stream. The steps run while it is read; if they are slow, portions are small."""
        portions = items if isinstance(items, Portions) else Portions(items)

        async def outcomes() -> AsyncGenerator[list[Any], None]:
            size = 1
            self._may_be_unreadable = portions.may_be_unreadable
            async for items in portions:
                start = 0
                while start < len(items) and not self._is_over:
                    began = monotonic()
                    self.outcomes = []
                    try:
                        await self._go_on(items[start : start + size])
                    except FlowError:
                        if self.outcomes:  # the outcomes before the failure come first
                            yield self.outcomes
                        raise
                    start += size
                    size = min(2 * size, MOST_TOGETHER) if monotonic() - began < SOON else max(1, size // 2)
                    yield self.outcomes
                if self._is_over:
                    await portions.leave()
                    break

        return Stream(outcomes())

    async def _go_on(self, items: Sequence[Any]) -> None:
        """Go through these items until `until` holds, taking turns with other tasks."""
        start, took_a_turn = 0, False
        while start < len(items) and not self._is_over:
            if is_turn_over():
                await give_turn()
            part = Beginning(items[start : start + MOST_TOGETHER], len(self.outcomes), self.current, [])
            work = partial(self._run_some, part)
            try:
                number = await commit_together(
                    self._body.resource, len(part.items), work, divided=took_a_turn, show=self._body.show
                )
            except BatchInDoubt as doubt:
                del self.outcomes[part.known :], part.failed[:]
                self.current = doubt.event = part.current
                raise
            finally:
                self._note_outcomes(part)
            took_a_turn = number == 1 and current_budget().spent > MUCH
            start += number
            self._count += number

    def _note_outcomes(self, part: Beginning) -> None:
        if self._collect is not None:
            failed = len(part.failed)
            self._collect.note(len(self.outcomes) - part.known - failed, failed)

    async def _run_some(self, part: Beginning, points: ResumePoints | None, at_once: bool) -> int:
        """Run the steps for as many of the items as fit in a turn, and return how many of them have been processed.

        It may be called again for the same items, and then starts from the same state.
        """
        items, known, current, failed = part
        first, current = points.start(current) if points else (0, current)
        self.current, self._is_over = current, False
        outcomes, collect, until, counted = self.outcomes, self._collect, self._until, self._count
        del outcomes[known + first :]
        failed[:] = [number for number in failed if number <= counted + first]
        plain = self._body.plain if at_once else None
        run: Any = plain or self._body.run
        budget, may_be_unreadable = current_budget(), self._may_be_unreadable
        often, is_over = (1, points.is_due) if points else (OFTEN, is_turn_over)
        for number, item in enumerate(items[first:] if first else items, counted + first + 1):
            if points:
                points.note(current)
            entering = self._entering(current, item, number)
            try:
                if may_be_unreadable and type(item) is Unreadable:
                    item.refuse()
                after = run(entering)
                if not plain:
                    after = await after
                if collect is not None:
                    outcomes.append(collect.succeeded(entering, after, number - 1))
                self.current = current = after
            except FlowError as failure:
                if collect is None or not collect.takes(failure):
                    raise
                outcomes.append(collect.failed(entering, failure, number - 1))
                failed.append(number)
                after = (failure.event or entering).with_error(failure) if until else entering
            if until is not None and holds_after(until, after):
                self._is_over = True
                break
            if (budget.spent > MUCH or not number % often) and is_over():
                break
        return number - counted
