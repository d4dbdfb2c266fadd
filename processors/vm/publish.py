from __future__ import annotations

from engine import Event, FlowError
from processors.vm._errors import INVALID_VALUE, QUEUE_TIMEOUT, VM_CONNECTIVITY
from processors.vm._queue_access import Publishing


class Publish(Publishing):
    """Put a message into a queue and go on.

    Payload and attributes stay as they are. The variables are not sent with the message, the correlation id is. If the
    queue is full (maxOutstandingMessages), the step waits for room, and raises VM:QUEUE_TIMEOUT if there was none in
    time. A message is accepted once this step has ended: in a PERSISTENT queue it is then on disk, in a queue of a
    server (`url`) the server has it; VM:CONNECTIVITY is raised if it gave no answer, but may have taken the message.

    Example:
        configs:
          Queues: {vm:config: {queues: [{queueName: tasks}]}}
        given: {payload: kept}
        run:
          - vm:publish: {config-ref: Queues, queueName: tasks, content: {id: 7}}
          - vm:consume: {config-ref: Queues, queueName: tasks, target: task}
        expect: {payload: kept, vars.task: {id: 7}}
    """

    raises = (QUEUE_TIMEOUT, INVALID_VALUE, VM_CONNECTIVITY)

    async def run(self, event: Event) -> Event:
        seconds = self.seconds(event)
        if not await self.queue.put(self.envelope_of(event), seconds):
            detail = f"the queue {self.queue_name} had no room within {seconds:g} s"
            raise FlowError(QUEUE_TIMEOUT, "the queue is full", detailed_description=detail)
        return event
