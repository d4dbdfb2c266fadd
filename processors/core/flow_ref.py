from __future__ import annotations

from typing import Any

from engine import ROUTING, After, Event, FlowLink, Operation, Run, RunAtOnce


class FlowRef(Operation):
    """Run another flow or a sub-flow and go on with its event.

    A sub-flow runs as if its steps stood here. A flow's own error handler serves: an error that it
    continues makes the flow-ref succeed, one that it propagates is raised again here. Its source
    is ignored.

    Example:
        sub-flows:
          double: {steps: [{set-payload: {value: "#[payload * 2]"}}]}
        given: {payload: 4}
        run:
          - flow-ref: {name: double, target: doubled}
        expect: {payload: 4, vars.doubled: 8}
    """

    name: FlowLink
    """The flow's name, or an expression that gives it."""

    raises = (ROUTING,)
    message_after = After.INNER
    always_enters = True

    def acts_on(self) -> frozenset[Any] | None:
        return frozenset()

    def runner(self) -> Run:
        return self.run if self.target else self.name.run

    def runner_at_once(self) -> RunAtOnce | None:
        run = self.name.runner_at_once()
        if run is None or self.target is None:
            return run
        return lambda event: self.deliver_event(event, run(event))

    async def run(self, event: Event) -> Event:
        return self.deliver_event(event, await self.name.run(event))
