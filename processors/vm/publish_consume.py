from __future__ import annotations

import asyncio
from typing import Any

from engine import Event, FlowError, Operation
from processors.vm._envelope import Envelope, Reply
from processors.vm._errors import INVALID_VALUE, PUBLISH_CONSUMER_FLOW_ERROR, QUEUE_TIMEOUT, VM_CONNECTIVITY
from processors.vm._queue_access import Publishing
from processors.vm._waiters import within


class PublishConsume(Publishing, Operation):
    """Put a message into a queue and wait for the result of its listener's flow.

    The payload that leaves that flow is the result (or the value of its listener's `response`). An error that leaves it
    is raised here as VM:PUBLISH_CONSUMER_FLOW_ERROR, with that error as its cause. VM:QUEUE_TIMEOUT is raised if no
    answer came in time; the message stays in the queue, and is handled when its turn comes. Waiting for room in a full
    queue counts towards the same time. With a server (`url`) the listener may be in another process, or on another
    machine; the answer must then be one that can be written, and of an error its type, description,
    detailedDescription and failingComponent arrive.

    Example:
        configs:
          Queues: {vm:config: {queues: [{queueName: sums}]}}
        flows:
          add:
            source: {vm:listener: {config-ref: Queues, queueName: sums}}
            steps: [{set-payload: {value: "#[payload.a + payload.b]"}}]
        run:
          - vm:publish-consume: {config-ref: Queues, queueName: sums, content: {a: 1, b: 2}}
        expect: {payload: 3}
    """

    raises = (QUEUE_TIMEOUT, PUBLISH_CONSUMER_FLOW_ERROR, INVALID_VALUE, VM_CONNECTIVITY)

    async def run(self, event: Event) -> Event:
        envelope = self.envelope_of(event)
        reply: Reply = asyncio.get_running_loop().create_future()
        envelope.reply = reply
        try:
            answer = await self._answer(envelope, reply, self.seconds(event))
        finally:
            reply.cancel()
        if isinstance(answer, FlowError):
            raise FlowError(
                PUBLISH_CONSUMER_FLOW_ERROR,
                "the flow that listens to the queue failed",
                detailed_description=answer.for_log,
                cause=answer,
            )
        payload, media_type = answer
        attributes = self.attributes_of(envelope)
        return self.deliver_event(event, event.with_payload(payload, attributes, media_type=media_type))

    async def _answer(self, envelope: Envelope, reply: Reply, seconds: float) -> Any:
        clock = self.runtime.clock
        deadline = clock.monotonic() + seconds
        if await self.queue.put(envelope, seconds) and await within(clock, deadline - clock.monotonic(), reply):
            return reply.result()
        detail = f"no answer from the queue {self.queue_name} within {seconds:g} s"
        raise FlowError(QUEUE_TIMEOUT, "no answer came in time", detailed_description=detail)
