from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine import Event
from engine.connectors import NOTHING, ParallelScope, equals, run_route
from processors.core._route import SeveralRoutes


class ScatterGather(ParallelScope):
    """Send the event to several routes at the same time, and gather their results.

    Afterwards the payload is a map of messages by the route's number from 0 as text ("0"), without
    attributes. A variable that one route changed has its value; one that several changed, the list of
    their values in the order of the routes; one that a route removed and none changed is gone. With
    `target` only that variable is added, as in Mule.

    Each route runs to its end, even if others fail. Then MULE:COMPOSITE_ROUTING is raised, with
    error.errorMessage.payload.results and .failures by the same numbers, and with error.childErrors, the failed ones
    alone, each with its number as its `route`.

    Example:
        given: {payload: 5}
        run:
          - scatter-gather:
              routes:
                - {steps: [{set-payload: {value: "#[payload * 2]"}}]}
                - {steps: [{set-payload: {value: "#[payload + 2]"}}]}
          - set-payload: {value: ["#[payload.'0'.payload]", "#[payload.'1'.payload]"]}
        expect: {payload: [10, 7]}
    """

    routes: SeveralRoutes
    """The routes, at least two, each with `steps`."""

    async def run(self, event: Event) -> Event:
        seconds = self.seconds(event)
        outcomes = await self.run_routes(
            event, len(self.routes), lambda number: run_route(self.routes[number].steps, event, seconds)
        )
        if outcomes.failures:
            raise outcomes.composite(lambda after: after.message)
        afters = [after for after in outcomes.results if after is not None]
        gathered = {str(number): after.message for number, after in enumerate(afters)}
        return self.deliver_event(event, _merged(event, afters).with_payload(gathered, NOTHING))


def _merged(event: Event, afters: Iterable[Event]) -> Event:
    """Return the event with the variables as the routes left them."""
    before, changed, removed = event.vars, dict[str, list[Any]](), set[str]()
    for after in afters:
        removed |= before.keys() - after.vars.keys()
        for name, value in after.vars.items():
            if name not in before or not (value is before[name] or equals(value, before[name])):
                changed.setdefault(name, []).append(value)
    for name in removed - changed.keys():
        event = event.without_variable(name)
    values = {name: values[0] if len(values) == 1 else values for name, values in changed.items()}
    return event.with_variables(values)
