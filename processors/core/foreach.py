from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from engine import NOTHING, OFTEN, Chain, Count, Event, Expression, Message, Name, Scope, Turns
from processors.core._items import items_of


class Foreach(Scope):
    """Run the nested steps once for each item of a collection, one after another.

    Inside, the payload is the item; afterwards payload and attributes are again what they were
    before. Variables set inside stay set, and pass from one item to the next. An empty or null
    collection runs nothing. An error ends the loop and leaves with the event of the failure.

    Example:
        given: {payload: {orders: [{id: 7}, {id: 9}]}}
        run:
          - foreach:
              collection: payload.orders
              steps:
                - set-variable: {variableName: last, value: "#[payload.id] is number #[vars.counter]"}
        expect: {vars: {last: 9 is number 2}, length(payload.orders): 2}
    """

    collection: Expression = Expression("payload")
    """What to go through: an expression that gives a list."""

    batch_size: Count = Count(1)
    """How many items make one payload; above 1 the payload is a list of them."""

    counter_variable_name: Name = "counter"
    """The variable that holds the number of the item, or batch, from 1."""

    root_message_variable_name: Name = "rootMessage"
    """The variable that holds the message as it entered the loop."""

    steps: Chain
    """What to run for each item."""

    async def run(self, event: Event) -> Event:
        items = self._items(event)
        if not items:
            return event
        run, counter_name = self.steps.run, self.counter_variable_name
        current = event.with_variable(self.root_message_variable_name, event.message)
        turns = Turns()
        for counter, item in enumerate(items, 1):
            payload, attributes = (item.payload, item.attributes) if type(item) is Message else (item, NOTHING)
            entering = replace(
                current,
                payload=payload,
                attributes=attributes,
                media_type=None,
                vars={**current.vars, counter_name: counter},
            )
            current = await run(entering)
            if counter % OFTEN == 0:
                await turns.give()
        return replace(current.with_message_of(event), vars=self._restored(current.vars, event.vars), error=event.error)

    def _items(self, event: Event) -> Sequence[Any]:
        items, size = items_of(self.collection, event, "foreach"), self.batch_size.of(event)
        return items if size == 1 else _batches(list(items), size)

    def _restored(self, inside: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
        """The variables after the loop: counter and rootMessage as they were before it."""
        own: Iterable[str] = (self.counter_variable_name, self.root_message_variable_name)
        after = {name: value for name, value in inside.items() if name not in own}
        return after | {name: before[name] for name in own if name in before}


def _batches(items: list[Any], size: int) -> list[list[Any]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
