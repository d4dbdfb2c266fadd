"""A loop that goes on past items that fail."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from engine import OFTEN, Collect, Event, FlowError, Stream, Turns


class Collecting:
    """One run of a loop with `collect`.

    entering: makes the event of an item out of the current one, the item, and its number from 1.
    current: the event that the last item that succeeded has left.
    """

    def __init__(
        self,
        collect: Collect,
        run: Callable[[Event], Awaitable[Event]],
        entering: Callable[[Event, Any, int], Event],
        current: Event,
    ) -> None:
        self._collect = collect
        self._run = run
        self._entering = entering
        self._count = 0
        self.current = current

    async def all(self, portions: AsyncIterator[Sequence[Any]]) -> list[Any]:
        """The outcomes of all items. An error that ends the loop leaves with those until then in the variable."""
        outcomes: list[Any] = []
        try:
            async for items in portions:
                await self._collect_each(items, outcomes)
        except FlowError as failure:
            left = failure.event or self.current
            failure.event = left.with_variable(self._collect.target, outcomes)
            raise
        return outcomes

    def stream(self, portions: AsyncIterator[Sequence[Any]]) -> Stream:
        """The outcomes as a stream: the steps run while it is read."""

        async def outcomes() -> AsyncGenerator[list[Any], None]:
            async for items in portions:
                for start in range(0, len(items), OFTEN):
                    portion: list[Any] = []
                    try:
                        await self._collect_each(items[start : start + OFTEN], portion)
                    except FlowError:
                        if portion:  # what was done before it is told first
                            yield portion
                        raise
                    yield portion

        return Stream(outcomes())

    async def _collect_each(self, items: Sequence[Any], outcomes: list[Any]) -> None:
        run, entering, outcome_of, turns = self._run, self._entering, self._collect.outcome, Turns()
        for counter, item in enumerate(items, self._count + 1):
            outcome, after = await outcome_of(run, entering(self.current, item, counter), counter - 1)
            outcomes.append(outcome)
            if after is not None:
                self.current = after
            if counter % OFTEN == 0:
                await turns.give()
        self._count += len(items)
