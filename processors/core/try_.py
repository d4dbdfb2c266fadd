from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from engine import After, Chain, Event, FlowError, Mistake, OwnErrorHandler, Scope, refuse


def _action(value: Any) -> Any:
    """Transactions come later; until then nobody shall believe to have one."""
    if value != "INDIFFERENT":
        refuse([Mistake("F303", f"'{value}'", "INDIFFERENT: there are no transactions yet")])
    return value


class Try(Scope):
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

    transactional_action: Annotated[str, BeforeValidator(_action)] = "INDIFFERENT"
    """Whether the steps are one transaction."""

    message_after = After.INNER
    always_enters = True

    async def run(self, event: Event) -> Event:
        try:
            return await self.steps.run(event)
        except FlowError as failure:
            return await self.error_handler.handle(failure, event.error)
