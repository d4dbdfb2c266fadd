from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Annotated, Self

from engine import ErrorType, Event, Field, FlowError, Parameters, Served, Template, prepared
from engine.connectors import (
    FLOW_BACK_PRESSURE,
    REDELIVERY_EXHAUSTED,
    ActiveSource,
    DelayedRedelivery,
    Gate,
    Shown,
    SpanKind,
    continue_trace,
)
from processors.vm._envelope import Envelope
from processors.vm._queue_access import QueueAccess
from processors.vm._waiters import within

PAUSE = 5.0
"""Seconds until a message whose failures cannot be counted is delivered again."""


class Response(Parameters):
    """The answer to publish-consume."""

    content: Template = Template("#[payload]")
    """The answer; the payload that leaves the flow, if left out."""


class Listener(QueueAccess, ActiveSource):
    """Start the flow with each message of a queue.

    The payload is the message, the correlation id is the publisher's, and attributes has queueName, timestamp,
    correlationId and attempts: how often the message was delivered, 1 for the first time. With numberOfConsumers 1 the
    messages are handled in order, one after another. If the flow is full (maxConcurrency), messages wait in the queue.

    A message is removed when the flow has ended, in whatever way: an error that no handler continued is logged, and the
    message is gone (as in Mule, without a transaction). So an error handler that publishes to a dead-letter queue loses
    nothing. With a redelivery-policy, a message whose flow failed is delivered again, after its `delay` and before
    those behind it, until MULE:REDELIVERY_EXHAUSTED is raised in the flow, with the last error as its cause; then it is
    removed. While it waits it keeps its consumer: other consumers go on with the messages behind it; with
    numberOfConsumers 1 those wait, too. A message of a PERSISTENT queue that was in the flow when the process ended, or
    that shutdownTimeout cut short, is delivered again. If the queue is with a server (`url` of its config), the
    listeners of all processes share its messages, numberOfConsumers counts in each of them, and attempts counts the
    deliveries to all.

    Example:
        configs:
          Queues: {vm:config: {queues: [{queueName: orders}, {queueName: dead-letters}]}}
        flows:
          order:
            source: {vm:listener: {config-ref: Queues, queueName: orders}}
            steps: [{validation:is-true: {expression: payload.amount > 0, message: no amount}}]
            error-handler:
              - on-error-continue:
                  steps:
                    - vm:publish:
                        config-ref: Queues
                        queueName: dead-letters
                        content: {order: "#[payload]", why: "#[error.description]"}
        run:
          - vm:publish: {config-ref: Queues, queueName: orders, content: {id: 7}}
          - vm:consume: {config-ref: Queues, queueName: dead-letters}
        expect: {payload: {order: {id: 7}, why: no amount}}
    """

    number_of_consumers: Annotated[int, Field(ge=1)] = 4
    """How many messages may be in the flow at the same time."""

    redelivery_policy: Annotated[DelayedRedelivery | None, Field(alias="redelivery-policy")] = None
    """How messages that failed are delivered again: maxRedeliveryCount, delay, idExpression, objectStore."""

    response: Response = Response()
    """The answer to publish-consume: content."""

    _consumers: Gate = prepared()
    _ending: asyncio.Future[None] | None = prepared()
    """Done when the source stops: messages that wait to be delivered again return to their queue."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._prepare(_consumers=Gate(self.number_of_consumers), _ending=None)

    def take_over(self, former: Self, *, is_unchanged: bool) -> None:
        super().take_over(former, is_unchanged=is_unchanged)
        if former.queue is self.queue:
            self._prepare(_consumers=former._consumers)
            self._consumers.resize(self.number_of_consumers)

    def starts_at(self) -> str:
        return f"queue {self.queue_name}"

    def shown_event(self, event: Event) -> Shown:
        return self.shown(SpanKind.CONSUMER, "process", attempts=event.attributes["attempts"])

    async def start(self, flow: Served) -> None:
        if self._ending is None or self._ending.done():  # else it goes on, after a reload that failed
            self._prepare(_ending=asyncio.get_running_loop().create_future())
        await super().start(flow)

    async def rest(self) -> None:
        await super().rest()
        await self.queue.rest()

    async def stop(self) -> None:
        await super().rest()  # before messages return to their queue: it must not take them again
        if self._ending and not self._ending.done():
            self._ending.set_result(None)
        await super().stop()

    async def make_events(self, flow: Served) -> None:
        queue = self.queue
        queue.listen(self.number_of_consumers)
        while True:
            await self._consumers.wait_for_room()
            await flow.wait_for_room()
            if envelope := await queue.receive():
                self.begin(self._consume(envelope, flow), flow)
                await asyncio.sleep(0)  # it is in the flow, before the flow is asked for room again

    async def _consume(self, envelope: Envelope, flow: Served) -> None:
        trace = envelope.trace_headers
        continue_trace(trace.get("traceparent"), trace.get("tracestate", ""))
        with self._consumers:
            payload, media_type = envelope.open()
            attributes = self.attributes_of(envelope)
            event = Event(payload, attributes, correlation_id=envelope.correlation_id, media_type=media_type)
            try:
                await flow.serve(event, lambda after: envelope.answer(after, self.response.content.evaluate(after)))
            except asyncio.CancelledError:
                await self.queue.put_back(envelope)
                raise
            except FlowError as failure:
                failure.forget_frames()  # they hold the failure: avoids a reference cycle
                if self._comes_again(failure):
                    await self._put_back(envelope, self._delay(envelope, failure))
                    return
                envelope.fail(failure)
            await self.queue.settle(envelope)

    def _comes_again(self, failure: FlowError) -> bool:
        """Return whether a message that failed is delivered again."""
        if failure.type == FLOW_BACK_PRESSURE:
            return True
        return self.redelivery_policy is not None and REDELIVERY_EXHAUSTED not in _types(failure)

    def _delay(self, envelope: Envelope, failure: FlowError) -> float:
        """Return the seconds until the message is delivered again.

        The time is longer if the message comes more often than the policy allows: then its failures cannot be counted,
        because there is no identifier or no store.
        """
        policy = self.redelivery_policy
        if policy is None or failure.type == FLOW_BACK_PRESSURE:
            return 0.0
        return max(policy.delay, PAUSE) if envelope.attempts > policy.max_redelivery_count + 1 else policy.delay

    async def _put_back(self, envelope: Envelope, delay: float) -> None:
        """Put a message back after the delay, or when the source stops.

        In a test it is then gone: what is left of one case is not delivered in the next, even if they share queues.
        """
        is_over = False
        try:
            if delay and self._ending:
                await within(self.runtime.clock, delay, self._ending)
            is_over = self._ending is not None and self._ending.done()
        finally:
            await (self.queue.done if is_over and self.runtime.isolation else self.queue.put_back)(envelope)


def _types(failure: BaseException | None) -> Iterator[ErrorType]:
    """Yield the types of an error and of its causes."""
    while isinstance(failure, FlowError):
        yield failure.type
        failure = failure.cause
