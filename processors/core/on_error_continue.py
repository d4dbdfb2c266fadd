from __future__ import annotations

from engine import Event, FlowError
from engine.connectors import OnError


class OnErrorContinue(OnError):
    """Handle an error, and go on as if the scope or flow had succeeded with this handler's event.

    Example:
        given: {payload: {id: 7}}
        run:
          - try:
              steps:
                - validation:is-not-null: {value: "#[payload.name]", message: no name}
              error-handler:
                - on-error-continue:
                    type: VALIDATION:NULL, APP:BROKEN
                    when: payload.id == 7
                    logException: false
                    steps: [{set-variable: {variableName: problem, value: "#[error.description]"}}]
                - on-error-propagate: {}
          - raise-error: {type: "APP:BROKEN", description: "#[vars.problem]"}
        expect: {error.description: no name}
    """

    continues = True

    async def handle(self, failure: FlowError, event: Event, outer: FlowError | None) -> Event:
        before = failure.answer.before
        if before is not None and before is not failure.event:  # inner handlers assigned it for a failed flow
            event = event.with_status_of(before)
        after = await self.run_steps(failure, event)
        return after.with_error(outer)
