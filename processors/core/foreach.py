from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace

from engine import (
    After,
    Chain,
    Code,
    Condition,
    Count,
    ErrorType,
    Event,
    FlowError,
    Link,
    Mistake,
    Scope,
    Stream,
    refuse,
)
from engine.connectors import (
    EXPRESSION,
    NOTHING,
    Measures,
    Shown,
    StreamingCollect,
    VariableName,
    batch_of,
    computing,
    steps_within,
)
from processors.core._items import CARRIERS, Collection, Portions, carried, checked_items
from processors.core._pass import LoopBody, Pass
from processors.core._restored import restored


class Foreach(Scope):
    """Run the nested steps once for each item of a collection, one after another.

    Inside, the payload is the item. After the loop, payload and attributes are the same as before.
    Variables set inside stay set, and pass from one item to the next. If the collection is empty or
    null, nothing runs. An error ends the loop and leaves with the event of the failure; `until` ends
    the loop without an error.

    With `collect`, an item that fails does not end the loop: a variable receives one outcome for
    each item. The functions summary, multi_status and retry read these outcomes. The variables of a
    failed item are visible to its own outcome, and then lost.

    The collection may be a stream, such as the body of a listener with `streaming`. Its items are
    read as the loop proceeds, and any number of them needs no more memory than a few.

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
    """The items: an expression that returns a list or a stream."""

    batch_size: Count = Count(1)
    """How many items make one payload; if more than 1, the payload is a list of them."""

    counter_variable_name: VariableName = "counter"
    """The variable that holds the number of the item or batch, from 1."""

    root_message_variable_name: VariableName = "rootMessage"
    """The variable that holds the message that entered the loop."""

    until: Condition | None = None
    """A condition that ends the loop if it holds after an item: the remaining items are not processed, nor read if they
    come as a stream. It sees the event after the item's steps, with the counter; if the item failed and `collect`
    continues, it sees the event of the failure, with `error`."""

    collect: StreamingCollect | None = None
    """Collects the outcome of each item: target, success, failure, abortOn, streaming."""

    fuse: bool = True
    """Whether statements on one database are committed together, some hundred items at a time, if the steps do
    nothing else. Each item has the same outcome as alone, and no result is reported before it is committed. With
    PostgreSQL, now() is then the time at which the first of these statements began, equal notifications become one, and
    a changed row stays locked until all are committed: some 50 ms."""

    steps: Chain
    """The steps to run for each item."""

    message_after = After.BEFORE
    repeats = True
    passes_by = "the collection is empty"

    def __post_init__(self) -> None:
        size = self.batch_size
        if self.collect and size.is_literal and size.read(size.literal) != 1:
            refuse([Mistake("F304", "batchSize beside collect", "one outcome an item", "collect without batchSize")])

    def measure(self, measures: Measures, place: str) -> None:
        if self.collect is not None:
            self.collect.measure(measures, place)

    def keeps(self, raised: ErrorType) -> bool:
        return self.collect is not None and self.collect.keeps(raised)

    def assigns(self) -> Mapping[str, Any]:
        return self.collect.assigns() if self.collect else super().assigns()

    def code(self, link: Link) -> Code:
        steps = link.code(self.steps)
        each = steps.effects | computing(self.collect, self.until)
        resource = link.batching(each) if self.fuse else None
        body = LoopBody(steps.awaited, steps.plain if resource or each.is_pure else None, resource, self._show)
        return Code(partial(self._run, body), None, each)

    def _show(self) -> Shown:
        calls = (step.processor.shown_call() for step in steps_within(self.steps))
        return batch_of([call for call in calls if call is not None])

    async def _run(self, body: LoopBody, event: Event) -> Event:
        value, size, collect = self.collection.evaluate(event), self.batch_size.of(event), self.collect
        items: Sequence[Any] | Portions
        if isinstance(value, Stream):
            items = Portions(value, None if size == 1 else size, all_items=collect is not None)
        else:
            items = checked_items(value, "foreach")
        if not items and collect is None:
            return event
        current = event.with_variable(self.root_message_variable_name, event.message)
        going = Pass(body, self.entering, current, self.until, collect)
        if collect is None:
            await going.through(items, partial(_batches, size=size))
            return self._left(going.current, event)
        if size != 1:
            raise FlowError(EXPRESSION, "foreach with collect takes one item at a time: batchSize is 1")
        if collect.streaming:
            return event.with_variable(collect.target, going.stream(items))
        return await self._collected(going, items, event, collect.target)

    async def _collected(self, going: Pass, items: Sequence[Any] | Portions, event: Event, target: str) -> Event:
        """Return the event with the outcomes. If an error ends the loop, its event has the outcomes until then."""
        try:
            await going.through(items, _batches)
        except FlowError as failure:
            failure.event = (failure.event or going.current).with_variable(target, going.outcomes)
            raise
        return self._left(going.current, event).with_variable(target, going.outcomes)

    def entering(self, current: Event, item: Any, counter: int) -> Event:
        """Return the event with which an item enters the steps."""
        variables = {**current.vars, self.counter_variable_name: counter}
        attributes = NOTHING
        if type(item) in CARRIERS:
            item, attributes = carried(item)
        return replace(current, payload=item, attributes=attributes, media_type=None, vars=variables)

    def _left(self, current: Event, event: Event) -> Event:
        """Return the event after the loop: message, counter and rootMessage are the same as before it."""
        own = self.counter_variable_name, self.root_message_variable_name
        variables = restored(current.vars, event.vars, *own)
        return replace(current.with_message_of(event), vars=variables, error=event.error)


def _batches(items: Sequence[Any], size: int = 1) -> Sequence[Any]:
    """Return the items, or lists of `size` items."""
    if size == 1:
        return items
    items = list(items)
    return [items[start : start + size] for start in range(0, len(items), size)]
