"""A loop that goes on past items that fail."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from functools import partial
from time import monotonic
from typing import Any

from engine import (
    MOST_TOGETHER,
    MUCH,
    OFTEN,
    BatchInDoubt,
    Batching,
    Collect,
    Condition,
    Event,
    FlowError,
    Points,
    Run,
    RunAtOnce,
    Stream,
    Unreadable,
    current_budget,
    give_turn,
    is_turn_over,
    together,
)  # fmt: skip
from processors.core._items import Portions, holds_after

SOON = 0.1
"""Seconds in which some outcomes of a stream should be there; of faster steps more are told at once."""


class Collecting:
    """One run of a loop with `collect`.

    run: the steps; run_at_once: the same as a plain function, where they never wait within a batch.
    entering: makes the event of an item out of the current one, the item, and its number from 1.
    current: the event that the last item that succeeded has left.
    resource: what the steps act on alone, so that their statements can be committed together.
    until: what ends the loop when it holds after an item.
    """

    def __init__(
        self,
        collect: Collect,
        run: Run,
        run_at_once: RunAtOnce | None,
        entering: Callable[[Event, Any, int], Event],
        current: Event,
        resource: Batching | None,
        until: Condition | None,
    ) -> None:
        self._collect = collect
        self._run = run
        self._run_at_once = run_at_once
        self._entering = entering
        self._resource = resource
        self._until = until
        self._is_over = self._may_be_unreadable = False
        self._count = 0
        self.current = current

    async def all(self, portions: Portions) -> list[Any]:
        """The outcomes of all items. An error that ends the loop leaves with those until then in the variable."""
        outcomes: list[Any] = []
        self._may_be_unreadable = portions.may_be_unreadable
        try:
            async for items in portions:
                await self._collect_all(items, outcomes)
                if self._is_over:
                    await portions.leave()
                    break
        except FlowError as failure:
            left = failure.event or self.current
            failure.event = left.with_variable(self._collect.target, outcomes)
            raise
        return outcomes

    def stream(self, portions: Portions) -> Stream:
        """The outcomes as a stream: the steps run while it is read, and slow ones are told in small portions."""

        async def outcomes() -> AsyncGenerator[list[Any], None]:
            size = 1
            self._may_be_unreadable = portions.may_be_unreadable
            async for items in portions:
                start = 0
                while start < len(items) and not self._is_over:
                    began = monotonic()
                    portion: list[Any] = []
                    try:
                        await self._collect_all(items[start : start + size], portion)
                    except FlowError:
                        if portion:  # what was done before it is told first
                            yield portion
                        raise
                    start += size
                    size = min(2 * size, MOST_TOGETHER) if monotonic() - began < SOON else max(1, size // 2)
                    yield portion
                if self._is_over:
                    await portions.leave()
                    break

        return Stream(outcomes())

    async def _collect_all(self, items: Sequence[Any], outcomes: list[Any]) -> None:
        start, took_a_turn = 0, False
        while start < len(items) and not self._is_over:
            await give_turn()
            some, known, current = items[start : start + MOST_TOGETHER], len(outcomes), self.current
            try:
                work = partial(self._collect_some, some, outcomes, known, current)
                await together(self._resource, len(some), work, divided=took_a_turn)
            except BatchInDoubt:
                del outcomes[known:]
                self.current = current
                raise
            took_a_turn = len(outcomes) - known == 1 and current_budget().spent > MUCH
            start += len(outcomes) - known
            self._count += len(outcomes) - known

    async def _collect_some(
        self,
        items: Sequence[Any],
        outcomes: list[Any],
        known: int,
        current: Event,
        points: Points | None,
        at_once: bool,
    ) -> None:
        """Collect what fits in a turn, from where the outcomes are `known` and the event is this one.

        It may be the second time.
        """
        first, current = points.start(current) if points else (0, current)
        self.current, self._is_over = current, False
        del outcomes[known + first :]
        plain = self._run_at_once if at_once else None
        run: Any = plain or self._run
        budget = current_budget()
        often, is_over = (1, points.is_due) if points else (OFTEN, is_turn_over)
        enter, succeeded, failed = self._entering, self._collect.succeeded, self._collect.failed
        until, may_be_unreadable, counted = self._until, self._may_be_unreadable, self._count + first
        for counter, item in enumerate(items[first:] if first else items, counted + 1):
            if points:
                points.note(current)
            entering = enter(current, item, counter)
            try:
                if may_be_unreadable and type(item) is Unreadable:
                    item.refuse()
                after = run(entering)
                if not plain:
                    after = await after
                outcomes.append(succeeded(entering, after, counter - 1))
                self.current = current = after
            except FlowError as failure:
                if not self._collect.takes(failure):
                    raise
                outcomes.append(failed(entering, failure, counter - 1))
                after = (failure.event or entering).with_error(failure) if until else entering
            if until is not None and holds_after(until, after):
                self._is_over = True
                break
            if (budget.spent > MUCH or not counter % often) and is_over():
                break
