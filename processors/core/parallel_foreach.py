from __future__ import annotations

from msgspec.structs import replace

from engine import NOTHING, Chain, Event, Expression, Message, ParallelScope, run_route
from processors.core._items import items_of


class ParallelForeach(ParallelScope):
    """Run the nested steps for the items of a collection, many at the same time.

    Each item starts from the event that entered: its payload is the item, its attributes are empty
    (an item that is a message keeps its own), and it sees no variable of another. As in Mule there is
    no counter and no rootMessage: set a variable before the scope to keep the message at hand.
    Afterwards the payload is the list of what the items came to, as messages in the order of the
    collection, without attributes; variables are what they were. An empty or null collection gives an
    empty list.

    Each item runs to its end, also when others fail. Then MULE:COMPOSITE_ROUTING is raised, with
    error.errorMessage.payload.results and .failures by the item's number from 0 as text ("0"), and
    with error.childErrors, the failed ones alone, each with that number as its `route`.

    Example:
        given: {payload: [{id: 7}, {id: 9}]}
        run:
          - parallel-foreach:
              maxConcurrency: 2
              steps: [{set-payload: {value: "order #[payload.id]"}}]
        expect: {"payload[].payload": [order 7, order 9]}
    """

    collection: Expression = Expression("payload")
    """What to go through: an expression that gives a list."""

    steps: Chain
    """What to run for each item."""

    async def run(self, event: Event) -> Event:
        items = items_of(self.collection, event, "parallel-foreach")
        seconds = self.seconds(event)

        async def route(number: int) -> Message:
            item = items[number]
            payload, attributes = (item.payload, item.attributes) if type(item) is Message else (item, NOTHING)
            entering = replace(event, payload=payload, attributes=attributes, media_type=None)
            return (await run_route(self.steps, entering, seconds)).message

        outcomes = await self.run_routes(event, len(items), route)
        if outcomes.failures:
            raise outcomes.composite(lambda message: message)
        return self.deliver_event(event, event.with_payload(outcomes.results, NOTHING))
