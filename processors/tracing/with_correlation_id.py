from __future__ import annotations

from msgspec.structs import replace

from engine import After, Chain, Event, FlowError, Scope, Template
from engine.connectors import EXPRESSION
from engine.limits import LONGEST_CORRELATION_ID


class WithCorrelationId(Scope):
    """Run steps under another correlation id, and restore the previous one afterwards.

    The steps log, send and queue under the other id. The payload, attributes and variables are those that leave the
    steps. A correlation id has 1 to 128 printable characters; any other value, null included, is MULE:EXPRESSION.

    Example:
        given: {payload: {trace: "order-7"}}
        run:
          - tracing:with-correlation-id:
              correlationId: "#[payload.trace]"
              steps: [{set-variable: {variableName: inside, value: "#[correlationId]"}}]
        expect: {vars.inside: order-7, correlationId == 'order-7': false}
    """

    correlation_id: Template
    """The correlation id of the steps."""

    steps: Chain
    """The steps to run under it."""

    message_after = After.INNER
    always_enters = True

    async def run(self, event: Event) -> Event:
        correlation_id = self.correlation_id.text(event)
        if not (0 < len(correlation_id) <= LONGEST_CORRELATION_ID and correlation_id.isprintable()):
            raise FlowError(
                EXPRESSION, f"a correlation id must have 1 to {LONGEST_CORRELATION_ID} printable characters"
            )
        try:
            after = await self.steps.run(replace(event, correlation_id=correlation_id))
        except FlowError as failure:
            if failure.event is not None:
                failure.event = replace(failure.event, correlation_id=event.correlation_id)
            raise
        return replace(after, correlation_id=event.correlation_id)
