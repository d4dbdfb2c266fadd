from __future__ import annotations

from msgspec.structs import replace

from engine import Event, FlowError
from engine.connectors import STATUS, OnError


class OnErrorPropagate(OnError):
    """Run steps, then raise the same error again.

    A payload and a variable `httpStatus` that the steps assign are the answer to an HTTP caller,
    unless the error is continued further out.

    Example:
        run:
          - try:
              steps:
                - raise-error: {type: "APP:BROKEN", description: it broke}
              error-handler:
                - on-error-propagate:
                    logException: false
                    steps: [{set-variable: {variableName: httpStatus, value: 418}}]
        expect: {error.type: "APP:BROKEN", vars.httpStatus: 418}
    """

    async def handle(self, failure: FlowError, event: Event, outer: FlowError | None) -> None:
        entering = replace(event, payload_assigned=False, status_assigned=False)
        after = await self.run_steps(failure, entering)
        if after.status_assigned:
            failure.answer.status = after.vars.get(STATUS)
        failure.answer.has_body |= after.payload_assigned
        failure.event = after.with_error(outer)
