from __future__ import annotations

from typing import Literal

from engine import Chain, Event, FlowError, OwnErrorHandler, Processor


class Try(Processor):
    """Run steps with an error handler of their own.

    An error that on-error-continue takes makes the scope succeed with the handler's event, and
    `error` is again what it was before; on-error-propagate raises the error again after its steps.

    Example:
        given: {payload: {id: 7}}
        run:
          - try:
              steps:
                - raise-error: {type: "APP:BROKEN", description: it broke}
              error-handler:
                - on-error-continue:
                    type: APP:BROKEN
                    logException: false
                    steps: [{set-payload: {value: "#[error.description]"}}]
        expect: {payload: it broke, error: null}
    """

    steps: Chain
    """What to run."""

    error_handler: OwnErrorHandler = None  # type: ignore[assignment]  # validated: the default handler
    """The handlers: a list of on-error-continue and on-error-propagate, or {ref: NAME}."""

    transactional_action: Literal["INDIFFERENT"] = "INDIFFERENT"
    """Whether the steps are one transaction."""

    async def run(self, event: Event) -> Event:
        try:
            return await self.steps.run(event)
        except FlowError as failure:
            return await self.error_handler.handle(failure, event.error)
