from __future__ import annotations

from engine import Event, FlowError, Operation
from engine.connectors import Shown, SpanKind, current_span
from processors.vm._errors import EMPTY_QUEUE, INVALID_VALUE, VM_CONNECTIVITY
from processors.vm._queue_access import QueueOperation


class Consume(QueueOperation, Operation):
    """Take one message from a queue, waiting if there is none.

    The message becomes the payload, with the attributes queueName, timestamp, correlationId and attempts.
    VM:EMPTY_QUEUE is raised if none came in time. The message is gone once it is taken, even from a PERSISTENT queue:
    if it must not be lost, use a vm:listener.

    Example:
        configs:
          Queues: {vm:config: {queues: [{queueName: tasks}]}}
        run:
          - try:
              steps:
                - vm:consume: {config-ref: Queues, queueName: tasks, timeout: 10ms}
              error-handler:
                - on-error-continue: {type: "VM:EMPTY_QUEUE", steps: [{set-payload: {value: nothing to do}}]}
        expect: {payload: nothing to do}
    """

    raises = (EMPTY_QUEUE, INVALID_VALUE, VM_CONNECTIVITY)

    def shown_call(self) -> Shown:
        return self.shown(SpanKind.CLIENT, "consume", "receive")

    async def run(self, event: Event) -> Event:
        queue, seconds = self.queue, self.seconds(event)
        envelope = await queue.receive(seconds)
        if envelope is None:
            detail = f"no message in the queue {self.queue_name} within {seconds:g} s"
            raise FlowError(EMPTY_QUEUE, "there is no message in the queue", detailed_description=detail)
        await queue.done(envelope)
        if (span := current_span()) is not None:
            span.link(envelope.trace_headers)
        payload, media_type = envelope.open()
        attributes = self.attributes_of(envelope)
        return self.deliver_event(event, event.with_payload(payload, attributes, media_type=media_type))
