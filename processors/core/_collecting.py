"""A loop that goes on past items that fail."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from engine import OFTEN, Batching, Collect, Event, FlowError, Stream, Turns, together


class Collecting:
    """One run of a loop with `collect`.

    entering: makes the event of an item out of the current one, the item, and its number from 1.
    current: the event that the last item that succeeded has left.
    resource: what the steps act on alone, so that their statements can be committed together.
    """

    def __init__(
        self,
        collect: Collect,
        run: Callable[[Event], Awaitable[Event]],
        entering: Callable[[Event, Any, int], Event],
        current: Event,
        resource: Batching | None,
    ) -> None:
        self._collect = collect
        self._run = run
        self._entering = entering
        self._resource = resource
        self._count = 0
        self.current = current

    async def all(self, portions: AsyncIterator[Sequence[Any]]) -> list[Any]:
        """The outcomes of all items. An error that ends the loop leaves with those until then in the variable."""
        outcomes: list[Any] = []
        try:
            async for items in portions:
                await self._collect_all(items, outcomes)
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
                        await self._collect_all(items[start : start + OFTEN], portion)
                    except FlowError:
                        if portion:  # what was done before it is told first
                            yield portion
                        raise
                    yield portion

        return Stream(outcomes())

    async def _collect_all(self, items: Sequence[Any], outcomes: list[Any]) -> None:
        turns = Turns()
        for start in range(0, len(items), OFTEN):
            some = items[start : start + OFTEN]
            await together(self._resource, partial(self._collect_some, some, outcomes, len(outcomes), self.current))
            self._count += len(some)
            await turns.give()

    async def _collect_some(self, items: Sequence[Any], outcomes: list[Any], known: int, current: Event) -> None:
        """Collect from where the outcomes are `known` and the event is this one: it may be the second time."""
        del outcomes[known:]
        self.current = current
        run, entering, outcome_of = self._run, self._entering, self._collect.outcome
        for counter, item in enumerate(items, self._count + 1):
            outcome, after = await outcome_of(run, entering(self.current, item, counter), counter - 1)
            outcomes.append(outcome)
            if after is not None:
                self.current = after
