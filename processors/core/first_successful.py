from __future__ import annotations

from engine import After, Event, FlowError, Scope
from engine.connectors import give_turn_after_much
from processors.core._route import Routes


class FirstSuccessful(Scope):
    """Try one route after another until one succeeds, and go on with its event.

    Each route starts from the event that entered: the changes of a failed one are lost. If none succeeds, the error of
    the last route propagates. A CRITICAL error propagates immediately.

    Example:
        run:
          - first-successful:
              routes:
                - {steps: [{raise-error: {type: "APP:BROKEN"}}]}
                - {steps: [{set-payload: {value: from the second}}]}
        expect: {payload: from the second, error: null}
    """

    routes: Routes
    """The routes, each with `steps`, from first to last."""

    message_after = After.INNER
    always_enters = True

    async def run(self, event: Event) -> Event:
        *others, last = self.routes
        for route in others:
            try:
                return await route.steps.run(event)
            except FlowError as failure:
                if failure.type.is_critical:
                    raise
            await give_turn_after_much()
        return await last.steps.run(event)
