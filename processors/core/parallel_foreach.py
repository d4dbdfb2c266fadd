from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from msgspec.structs import replace
from pydantic import BeforeValidator

from engine import After, Chain, ErrorType, Event, FlowError, Message, Mistake, refuse
from engine.connectors import NOTHING, Collect, Measures, ParallelScope, Run, run_route
from processors.core._items import Collection, items_of


def _at_the_end(collect: Any) -> Any:
    """Return the parameters of `collect`, which has no stream, unlike that of foreach."""
    if isinstance(collect, Mapping) and "streaming" in collect:
        place, _ = getattr(collect, "places", {}).get("streaming", (None, None))
        found = "streaming of a parallel-foreach"
        refuse([Mistake("F304", found, "outcomes at its end", "foreach for a stream", place)])
    return collect


class ParallelForeach(ParallelScope):
    """Run the nested steps for the items of a collection, many at the same time.

    Each item starts from the event that entered: its payload is the item, its attributes are empty (an item that is a
    message keeps its own), and it sees no variable of another. As in Mule there is no counter and no rootMessage: set a
    variable before the scope to keep the message at hand. Afterwards the payload is the list of the results of the
    items, as messages in the order of the collection, without attributes; variables are as before. An empty or null
    collection results in an empty list.

    Each item runs to its end, even if others fail. Then MULE:COMPOSITE_ROUTING is raised, with
    error.errorMessage.payload.results and .failures by the item's number from 0 as text ("0"), and with
    error.childErrors, the failed ones alone, each with that number as its `route`.

    With `collect`, a variable takes one outcome for each item, in the order of the collection; an item that fails or
    runs out of time is an outcome too. At an error that abortOn names no further item starts, those under way run to
    their ends, and the error of the first of them propagates.

    Example:
        given: {payload: [{id: 7}, {id: 9}]}
        run:
          - parallel-foreach:
              maxConcurrency: 2
              steps: [{set-payload: {value: "order #[payload.id]"}}]
        expect: {"payload[].payload": [order 7, order 9]}
    """

    collection: Collection = Collection("payload")
    """The collection: an expression whose value is a list."""

    collect: Annotated[Collect | None, BeforeValidator(_at_the_end)] = None
    """How the outcome of each item is collected: target, success, failure, abortOn."""

    steps: Chain
    """The steps to run for each item."""

    variables_after = After.BEFORE
    passes_by = "the collection is empty"

    def __post_init__(self) -> None:
        if self.collect and self.target is not None:
            refuse([Mistake("F304", "target beside collect", "one of them", "target inside collect only")])
        self._prepare(message_after=After.BEFORE if self.collect else After.RESULT)

    def measure(self, measures: Measures, place: str) -> None:
        if self.collect is not None:
            self.collect.measure(measures, place)

    def keeps(self, raised: ErrorType) -> bool:
        return self.collect is not None and self.collect.keeps(raised)

    def assigns(self) -> Mapping[str, Any]:
        return self.collect.assigns() if self.collect else super().assigns()

    async def run(self, event: Event) -> Event:
        items = items_of(self.collection, event, "parallel-foreach")
        seconds = self.seconds(event)

        async def run(entering: Event) -> Event:
            return await run_route(self.steps, entering, seconds)

        if self.collect is not None:
            return await self._collect(event, items, run, self.collect)

        async def route(number: int) -> Message:
            return (await run(_entering(event, items[number]))).message

        outcomes = await self.run_routes(event, len(items), route)
        if outcomes.failures:
            raise outcomes.composite(lambda message: message)
        return self.deliver_event(event, event.with_payload(outcomes.results, NOTHING))

    async def _collect(self, event: Event, items: Sequence[Any], run: Run, collect: Collect) -> Event:
        failed = set()

        async def route(number: int) -> tuple[Any]:
            entering = _entering(event, items[number])
            try:
                return (collect.succeeded(entering, await run(entering), number),)
            except FlowError as failure:
                if not collect.takes(failure):
                    raise
                outcome = collect.failed(entering, failure, number)
                failed.add(number)
                return (outcome,)

        outcomes = await self.run_routes(event, len(items), route, stops=True)
        collected = [outcome for result in outcomes.results if result is not None for outcome in result]
        collect.note(len(collected) - len(failed), len(failed))
        if outcomes.failures:
            raise _with(collected, outcomes.take_first_failure(), event, collect)
        return event.with_variable(collect.target, collected)


def _with(outcomes: list[Any], failure: FlowError, event: Event, collect: Collect) -> FlowError:
    """Return the error that ends the loop, with the outcomes until then in the variable."""
    failure.event = (failure.event or event).with_variable(collect.target, outcomes)
    return failure


def _entering(event: Event, item: Any) -> Event:
    payload, attributes = (item.payload, item.attributes) if type(item) is Message else (item, NOTHING)
    return replace(event, payload=payload, attributes=attributes, media_type=None)
