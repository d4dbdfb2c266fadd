from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator

from engine import Config as BaseConfig
from engine import Field, Mistake, Name, Parameters, prepared, refuse
from engine.connectors import Measures
from processors.vm._errors import VM_CONNECTIVITY
from processors.vm._queue import ADDED, SCHEMA, PersistentQueue, Queue, TransientQueue

log = logging.getLogger("engine")

FILE = "queues"


class QueueDefinition(Parameters):
    """One queue."""

    queue_name: Annotated[Name, Field(min_length=1)]
    """Its name, used by operations and listeners of this config."""

    queue_type: Literal["TRANSIENT", "PERSISTENT"] = "TRANSIENT"
    """Whether messages are kept in memory, or in the data folder, so that they outlive the process."""

    max_outstanding_messages: Annotated[int, Field(ge=0)] = 0
    """How many messages may wait; 0 is any number. Publishing one more waits until there is room."""


def _different(queues: list[QueueDefinition]) -> Any:
    names = [queue.queue_name for queue in queues]
    if twice := next((name for name in names if names.count(name) > 1), None):
        refuse([Mistake("F503", f"the queue '{twice}' a second time", "another queueName")])
    return queues


class Config(BaseConfig):
    """Queues that flows use to hand messages to each other; others refer to it by config-ref.

    A TRANSIENT queue ends with the application. A message that a PERSISTENT one has accepted survives the end of the
    process, even kill -9, and is delivered at least once: it is removed when the flow of its listener has ended, and
    delivered again if the process ended first. Its queue lies in dataDir, under the name of this config; one running
    engine at a time may listen to it.

    Each config has its own queues. Values keep their types; both kinds of queue refuse values that cannot be written
    (VM:INVALID_VALUE).

    Example:
        configs:
          Queues:
            vm:config:
              queues: [{queueName: tasks, queueType: PERSISTENT, maxOutstandingMessages: 1000}]
        run:
          - vm:publish: {config-ref: Queues, queueName: tasks, content: a task}
          - vm:consume: {config-ref: Queues, queueName: tasks}
        expect: {payload: a task, attributes.queueName: tasks}
    """

    queues: Annotated[list[QueueDefinition], Field(min_length=1), AfterValidator(_different)]
    """The queues: queueName, queueType (TRANSIENT, PERSISTENT), maxOutstandingMessages."""

    _by_name: dict[str, Queue] = prepared()

    def __post_init__(self) -> None:
        self._prepare(_by_name={})

    def measure(self, measures: Measures, place: str) -> None:
        for each in self.queues:
            self.queue(each.queue_name).measure(measures, place, each.queue_name)
            self._read(measures, place, each)

    def _read(self, measures: Measures, place: str, definition: QueueDefinition) -> None:
        """Have read how many messages there are; of a queue that all workers share, the first tells it."""
        name, is_shared = definition.queue_name, definition.queue_type == "PERSISTENT"

        def read(measure: str, text: str, of: Callable[[Queue], float], merge: Literal["sum", "max"] = "sum") -> None:
            def told() -> float:
                return 0.0 if is_shared and self.runtime.worker else of(self.queue(name))

            measures.read(measure, text, told, merge=merge, config=place, queue=name)

        read("engine_queue_depth", "Messages that wait in the queue", lambda queue: queue.depth())
        read("engine_queue_in_flight", "Messages that were taken and have not ended", lambda queue: queue.taken())
        text = "Seconds for which the first message has waited"
        read("engine_queue_oldest_message_age_seconds", text, lambda queue: queue.age(), "max")
        if definition.max_outstanding_messages:
            limited = f"the places of the queue {name} of {place} (maxOutstandingMessages)"
            measures.limited[limited] = lambda: self.queue(name).places

    @property
    def keeps_data(self) -> bool:
        return any(definition.queue_type != "TRANSIENT" for definition in self.queues)

    @property
    def names(self) -> list[str]:
        return [definition.queue_name for definition in self.queues]

    def queue(self, name: str) -> Queue:
        """Return the queue of that name, which is one of `names`."""
        if name not in self._by_name:
            definition = next(each for each in self.queues if each.queue_name == name)
            self._by_name[name] = self._make(definition)
        return self._by_name[name]

    def _make(self, definition: QueueDefinition) -> Queue:
        limit, clock = definition.max_outstanding_messages, self.runtime.clock
        if definition.queue_type == "TRANSIENT":
            return TransientQueue(limit, clock)
        database = self.runtime.local_database(FILE, SCHEMA, VM_CONNECTIVITY, ADDED)
        return PersistentQueue(f"{self.config_name}/{definition.queue_name}", limit, clock, database)

    def take_over(self, former: Self, *, is_unchanged: bool) -> None:
        """Have the queues of the same names, with their messages."""
        types = {each.queue_name: each.queue_type for each in former.queues}
        for each in self.queues:
            if types.get(each.queue_name) == each.queue_type:
                self._by_name[each.queue_name] = queue = former.queue(each.queue_name)
                queue.resize(each.max_outstanding_messages)

    async def stop(self) -> None:
        self._close(self.names)

    async def stop_for(self, successor: Self) -> None:
        self._close([name for name in self.names if successor._by_name.get(name) is not self.queue(name)])

    def _close(self, names: list[str]) -> None:
        for name in names:
            queue = self.queue(name)
            if isinstance(queue, TransientQueue) and len(queue):
                log.warning("%d messages of the transient queue %s are lost", len(queue), name)
            queue.close()
