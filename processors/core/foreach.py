from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from msgspec.structs import replace

from engine import (
    EXPRESSION,
    MOST_TOGETHER,
    MUCH,
    NOTHING,
    OFTEN,
    After,
    BatchInDoubt,
    Batching,
    Chain,
    Condition,
    Count,
    ErrorType,
    Event,
    FlowError,
    Mistake,
    Name,
    Points,
    RunAtOnce,
    Scope,
    Stream,
    StreamingCollect,
    acting_on,
    current_budget,
    give_turn,
    is_turn_over,
    refuse,
    together,
)  # fmt: skip
from processors.core._collecting import Collecting
from processors.core._items import CARRIERS, Collection, Portions, carried, checked_items, holds_after
from processors.core._restored import restored


class Foreach(Scope):
    """Run the nested steps once for each item of a collection, one after another.

    Inside, the payload is the item; afterwards payload and attributes are again what they were
    before. Variables set inside stay set, and pass from one item to the next. An empty or null
    collection runs nothing. An error ends the loop and leaves with the event of the failure; `until`
    ends it well.

    With `collect`, an item that fails does not end the loop: a variable takes one outcome for each
    item. The functions summary, multi_status and retry read such outcomes. A failed item's
    variables are seen by its own outcome, and then lost.

    The collection may be a stream, such as the body of a listener with `streaming`: its items are
    read as the loop goes on, and any number of them needs no more memory than a few.

    Example:
        given: {payload: {orders: [{id: 7}, {id: 9}]}}
        run:
          - foreach:
              collection: payload.orders
              collect:
                target: results
                success: {id: "#[payload.id]", status: 200}
                failure: {id: "#[payload.id]", status: 422, message: "#[error.description]"}
              steps:
                - validation:is-true: {expression: payload.id > 8, message: too small}
                - set-variable: {variableName: last, value: "#[payload.id] is number #[vars.counter]"}
        expect:
          payload: {orders: [{id: 7}, {id: 9}]}
          vars: {last: 9 is number 2, results: [{id: 7, status: 422, message: too small}, {id: 9, status: 200}]}
    """

    collection: Collection = Collection("payload")
    """What to go through: an expression that gives a list."""

    batch_size: Count = Count(1)
    """How many items make one payload; above 1 the payload is a list of them."""

    counter_variable_name: Name = "counter"
    """The variable that holds the number of the item, or batch, from 1."""

    root_message_variable_name: Name = "rootMessage"
    """The variable that holds the message as it entered the loop."""

    until: Condition | None = None
    """What ends the loop when it holds after an item: the items behind it are not gone through, nor read where they
    come as a stream. It sees the event that the item's steps left, with the counter; where `collect` goes on past an
    item that failed, the event of the failure, with `error`."""

    collect: StreamingCollect | None = None
    """What becomes of each item: target, success, failure, abortOn, streaming."""

    fuse: bool = True
    """Whether statements on one database are committed together, some hundred items at once, where the steps do
    nothing else: each item has the same outcome as alone, and nothing is told before it is kept. PostgreSQL's now()
    is then the time at which the first of them began, equal notifications are one, and a row that was changed stays
    locked until all are committed: some 50 ms."""

    steps: Chain
    """What to run for each item."""

    message_after = After.BEFORE
    repeats = True
    passes_by = "the collection is empty"

    def __post_init__(self) -> None:
        size = self.batch_size
        if self.collect and size.is_literal and size.read(size.literal) != 1:
            refuse([Mistake("F304", "batchSize beside collect", "one outcome an item", "collect without batchSize")])

    def keeps(self, raised: ErrorType) -> bool:
        return self.collect is not None and self.collect.keeps(raised)

    def assigns(self) -> Mapping[str, Any]:
        return self.collect.assigns() if self.collect else super().assigns()

    def acts_on(self) -> frozenset[Any] | None:
        return self._acts_within

    async def run(self, event: Event) -> Event:
        value, size = self.collection.evaluate(event), self.batch_size.of(event)
        if isinstance(value, Stream):
            portions = Portions(value, None if size == 1 else size, all_items=self.collect is not None)
            return await self._go_through(event, portions, size)
        items = checked_items(value, "foreach")
        if not items and self.collect is None:
            return event
        return await self._go_through(event, items, size)

    async def _go_through(self, event: Event, items: Sequence[Any] | Portions, size: int) -> Event:
        current = event.with_variable(self.root_message_variable_name, event.message)
        if self.collect is None:
            if isinstance(items, Portions):
                current = await self._run_each(items, current, size)
            else:
                current, _ = await self._run_all(_batches(items, size), current, 0)
            return self._left(current, event)
        if size != 1:
            raise FlowError(EXPRESSION, "foreach with collect takes one item at a time: batchSize is 1")
        steps = self.steps.run, self._run_at_once, self.entering
        collecting = Collecting(self.collect, *steps, current, self._resource, self.until)
        portions = items if isinstance(items, Portions) else Portions(items)
        if self.collect.streaming:
            return event.with_variable(self.collect.target, collecting.stream(portions))
        outcomes = await collecting.all(portions)
        return self._left(collecting.current, event).with_variable(self.collect.target, outcomes)

    async def _run_each(self, portions: Portions, current: Event, size: int) -> Event:
        """The event after all items. An error of the stream itself leaves with the event that the item before left."""
        done = 0
        try:
            async for items in portions:
                batches = _batches(items, size)
                current, is_over = await self._run_all(batches, current, done)
                done += len(batches)
                if is_over:
                    await portions.leave()
                    break
        except FlowError as failure:
            failure.event = failure.event or current
            raise
        return current

    async def _run_all(self, items: Sequence[Any], current: Event, done: int) -> tuple[Event, bool]:
        """The event after the items, and whether the loop is over."""
        start, is_over, took_a_turn = 0, False, False
        while start < len(items) and not is_over:
            await give_turn()
            some = items[start : start + MOST_TOGETHER]
            try:
                work = partial(self._run_some, some, current, done + start)
                current, number, is_over = await together(self._resource, len(some), work, divided=took_a_turn)
            except BatchInDoubt as doubt:
                doubt.event = current
                raise
            start += number
            took_a_turn = number == 1 and current_budget().spent > MUCH
        return current, is_over

    async def _run_some(
        self, items: Sequence[Any], current: Event, done: int, points: Points | None, at_once: bool
    ) -> tuple[Event, int, bool]:
        """The event after as many of the items as fit in a turn, how many they were, and whether the loop is over."""
        plain = self._run_at_once if at_once else None
        run: Any = plain or self.steps.run
        entering, until = self.entering, self.until
        often, is_over = (1, points.is_due) if points else (OFTEN, is_turn_over)
        first, current = points.start(current) if points else (0, current)
        number, budget = first, current_budget()
        for number, item in enumerate(items[first:] if first else items, first + 1):
            if points:
                points.note(current)
            after = run(entering(current, item, done + number))
            current = after if plain else await after
            if until is not None and holds_after(until, current):
                return current, number, True
            if (budget.spent > MUCH or not number % often) and is_over():
                break
        return current, number, False

    @cached_property
    def _resources(self) -> frozenset[Any] | None:
        """What an item acts on, where it never waits for anything else: known when all flows are loaded."""
        return acting_on(self.steps, self.collect, self.until)

    @cached_property
    def _resource(self) -> Batching | None:
        """The only one of them, where its statements are to be committed together."""
        return next(iter(self._resources)) if self.fuse and self._resources and len(self._resources) == 1 else None

    @cached_property
    def _run_at_once(self) -> RunAtOnce | None:
        """The steps as a plain function, where none of them waits, at least not within a batch."""
        return self.steps.runner_at_once() if self._resource or self._resources == frozenset() else None

    def entering(self, current: Event, item: Any, counter: int) -> Event:
        """The event with which an item enters the steps."""
        variables = {**current.vars, self.counter_variable_name: counter}
        attributes = NOTHING
        if type(item) in CARRIERS:
            item, attributes = carried(item)
        return replace(current, payload=item, attributes=attributes, media_type=None, vars=variables)

    def _left(self, current: Event, event: Event) -> Event:
        """The event after the loop: message, counter and rootMessage as they were before it."""
        own = self.counter_variable_name, self.root_message_variable_name
        variables = restored(current.vars, event.vars, *own)
        return replace(current.with_message_of(event), vars=variables, error=event.error)


def _batches(items: Sequence[Any], size: int) -> Sequence[Any]:
    """The items, or lists of so many of them."""
    if size == 1:
        return items
    items = list(items)
    return [items[start : start + size] for start in range(0, len(items), size)]
