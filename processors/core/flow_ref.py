from __future__ import annotations

from engine import After, Code, Event, Link, Operation
from engine.connectors import ROUTING, FlowLink, Run, RunPlain


class FlowRef(Operation):
    """Run another flow or a sub-flow, and continue with its event.

    A sub-flow runs as if its steps were written here. A flow runs with its own error handler: if that
    continues an error, the flow-ref succeeds; if it propagates an error, it is raised again here. The
    source of the flow is ignored.

    Example:
        sub-flows:
          double: {steps: [{set-payload: {value: "#[payload * 2]"}}]}
        given: {payload: 4}
        run:
          - flow-ref: {name: double, target: doubled}
        expect: {payload: 4, vars.doubled: 8}
    """

    name: FlowLink
    """The name of the flow, or an expression that returns it."""

    raises = (ROUTING,)
    message_after = After.INNER
    always_enters = True

    def code(self, link: Link) -> Code:
        code = self.name.code(link)
        return code if self.target is None else Code(self._delivering(code), self._delivering_plain(code), code.effects)

    def _delivering(self, code: Code) -> Run:
        run = code.awaited

        async def delivered(event: Event) -> Event:
            return self.deliver_event(event, await run(event))

        return delivered

    def _delivering_plain(self, code: Code) -> RunPlain | None:
        run = code.plain
        return None if run is None else lambda event: self.deliver_event(event, run(event))
