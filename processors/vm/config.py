from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator

from engine import Config as BaseConfig
from engine import Field, Mistake, Name, Parameters, Runtime, prepared, refuse
from engine.connectors import FILE_URL, MEMORY_URL, Isolation, Measures, Naming
from processors.vm._errors import VM_CONNECTIVITY
from processors.vm._local_queues import ADDED, SCHEMA, PersistentQueue, TransientQueue
from processors.vm._queue import Queue, Told
from processors.vm._urls import RABBITMQ, QueueUrl

if TYPE_CHECKING:
    from processors.vm._rabbit_queue import RabbitServer
    from processors.vm._redis_queue import RedisServer

log = logging.getLogger("engine")

FILE = "queues"


class QueueDefinition(Parameters):
    """One queue."""

    queue_name: Annotated[Name, Field(min_length=1), Naming("queue", defines=True)]
    """Its name, used by operations and listeners of this config."""

    queue_type: Literal["TRANSIENT", "PERSISTENT"] = "TRANSIENT"
    """Whether messages are kept in memory, or in the data folder, so that they outlive the process. With a `url` all
    queues of the config are there, whatever their type."""

    max_outstanding_messages: Annotated[int, Field(ge=0)] = 0
    """How many messages may wait; 0 is any number. Publishing one more waits until there is room."""


def _different(queues: list[QueueDefinition]) -> Any:
    names = [queue.queue_name for queue in queues]
    if twice := next((name for name in names if names.count(name) > 1), None):
        refuse([Mistake("F503", f"the queue '{twice}' a second time", "another queueName")])
    return queues


def _server(url: str, application: str, config: str) -> RedisServer | RabbitServer:
    """Return the queues with a server. Drivers are imported only if they are needed."""
    if url.startswith(RABBITMQ):
        from processors.vm._rabbit_queue import RabbitServer

        return RabbitServer(url, application, config)
    from processors.vm._redis_queue import RedisServer

    return RedisServer(url, application, config)


class Config(BaseConfig):
    """Queues that flows use to hand messages to each other; others refer to it by config-ref.

    A TRANSIENT queue ends with the application. A message that a PERSISTENT one has accepted survives the end of the
    process, even kill -9, and is delivered at least once: it is removed when the flow of its listener has ended, and
    delivered again if the process ended first. Its queue lies in dataDir, under the name of this config; one running
    engine at a time may listen to it.

    With a `url` of a Redis server (7 or later, or Valkey) or of RabbitMQ (3.10 or later) any number of processes and
    machines publish and consume; each message goes to one of them, at least once. What a dead process held is delivered
    to another before newer messages: from RabbitMQ immediately, from Redis after 15 s without a sign of life; so is
    what was put back. With one consumer in all, messages keep their order; with more, those behind one that failed may
    be handled before it comes again. While the server is away, publishing raises VM:CONNECTIVITY, and listeners
    wait and go on by themselves. Messages in Redis are as safe as it is set up: with `appendonly yes` and `appendfsync
    everysec` a power cut may lose a second of accepted ones, with `always` none.

    Each config has its own queues. Values keep their types; all kinds of queue refuse values that cannot be written
    (VM:INVALID_VALUE). A test (`engine test`) uses none of a server: its queues are its own, by their queueType.

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

    url: QueueUrl | None = None
    """Where all the queues live: `redis://user:password@host:6379/0`, `rediss://`, `unix:///socket` (these need the
    extra `[redis]`), `amqp://user:password@host:5672/vhost`, `amqps://` (`[rabbitmq]`), `sqlite:///file.db` on this
    machine, or `memory://`. If left out, each queue lives where its
    queueType says; `stateUrl` of the `configuration` does not move queues."""

    _by_name: dict[str, Queue] = prepared()
    _server: RedisServer | RabbitServer | None = prepared()
    _is_isolated: bool = prepared(False)

    def __post_init__(self) -> None:
        self._prepare(_by_name={}, _server=None)

    def isolate(self, isolation: Isolation) -> None:
        self._prepare(_is_isolated=True)

    def live_in(self, runtime: Runtime) -> None:
        super().live_in(runtime)
        if self.url and self.url != MEMORY_URL and not runtime.application:
            expected = "a name that no other application there has"
            found = "url in an application without a name"
            refuse([Mistake("F304", found, expected, "configuration: {name: orders, …}")])

    @property
    def system(self) -> str:
        """What a trace calls the system that delivers the messages."""
        return self._server.system if self._server else "vm"

    async def start(self) -> None:
        if not self._place:
            return
        for name in self.names:
            await self.queue(name).begin()
            if self.runtime.measures.is_on:
                self.queue(name).watch()

    async def probe(self) -> Sequence[Mistake]:
        for name in self.names:
            self.queue(name)
        if self._server is not None:
            await self._server.ping()
        return ()

    def measure(self, measures: Measures, place: str) -> None:
        for each in self.queues:
            self.queue(each.queue_name).measure(measures, place, each.queue_name)
            self._read(measures, place, each)

    def _read(self, measures: Measures, place: str, definition: QueueDefinition) -> None:
        """Have read how many messages there are; what is the same in all workers, the first tells."""
        name = definition.queue_name

        def read(measure: str, text: str, what: Told, merge: Literal["sum", "max"] = "sum") -> None:
            def told() -> float:
                queue = self.queue(name)
                number: float = 0.0 if self.runtime.worker and what not in queue.own else getattr(queue, what)()
                return number

            measures.read(measure, text, told, merge=merge, config=place, queue=name)

        read("engine_queue_depth", "Messages that wait in the queue", "depth")
        read("engine_queue_in_flight", "Messages that were taken and have not ended", "taken")
        text = "Seconds for which the first message has waited"
        read("engine_queue_oldest_message_age_seconds", text, "age", "max")
        if definition.max_outstanding_messages:
            limited = f"the places of the queue {name} of {place} (maxOutstandingMessages)"
            measures.limited[limited] = lambda: self.queue(name).places

    @property
    def keeps_data(self) -> bool:
        is_here = self._place in ("", MEMORY_URL) or self._place.startswith(FILE_URL)
        return is_here and not all(map(self._is_in_memory, self.queues))

    @property
    def names(self) -> list[str]:
        return [definition.queue_name for definition in self.queues]

    def queue(self, name: str) -> Queue:
        """Return the queue of that name, which is one of `names`."""
        if name not in self._by_name:
            definition = next(each for each in self.queues if each.queue_name == name)
            self._by_name[name] = self._make(definition)
        return self._by_name[name]

    @property
    def _place(self) -> str:
        """The url that counts; none in a test."""
        return "" if self._is_isolated or self.url is None else self.url

    def _is_in_memory(self, definition: QueueDefinition) -> bool:
        return self._place == MEMORY_URL or (not self._place and definition.queue_type == "TRANSIENT")

    def _make(self, definition: QueueDefinition) -> Queue:
        name, limit, clock = definition.queue_name, definition.max_outstanding_messages, self.runtime.clock
        if self._is_in_memory(definition):
            return TransientQueue(limit, clock)
        if not self._place:
            database = self.runtime.local_database(FILE, SCHEMA, VM_CONNECTIVITY, ADDED)
            return PersistentQueue(f"{self.config_name}/{name}", limit, clock, database)
        if self._place.startswith(FILE_URL):
            file = Path(self._place.removeprefix(FILE_URL))
            database = self.runtime.database_in(file, SCHEMA, VM_CONNECTIVITY, ADDED)
            return PersistentQueue(f"{self.runtime.application}/{self.config_name}/{name}", limit, clock, database)
        return self._server_at(self._place).queue(name, limit, clock)

    def _server_at(self, url: str) -> RedisServer | RabbitServer:
        if self._server is None:
            self._prepare(_server=_server(url, self.runtime.application, self.config_name))
        assert self._server
        return self._server

    def take_over(self, former: Self, *, is_unchanged: bool) -> None:
        """Have the queues of the same names, with their messages, unless they live elsewhere now."""
        if self._place != former._place:
            return
        self._prepare(_server=former._server)
        types = {each.queue_name: each.queue_type for each in former.queues}
        for each in self.queues:
            name = each.queue_name
            if name in types and (self._place or types[name] == each.queue_type):
                self._by_name[name] = queue = former.queue(name)
                queue.resize(each.max_outstanding_messages)

    async def stop(self) -> None:
        self._close(self._by_name)
        await self._leave()

    async def stop_for(self, successor: Self) -> None:
        self._close({name: queue for name, queue in self._by_name.items() if successor._by_name.get(name) is not queue})
        if successor._server is not self._server:
            await self._leave()

    async def _leave(self) -> None:
        if self._server is not None:
            await self._server.close()

    def _close(self, queues: Mapping[str, Queue]) -> None:
        for name, queue in queues.items():
            if isinstance(queue, TransientQueue) and queue.depth():
                log.warning("%d messages of the transient queue %s are lost", queue.depth(), name)
            queue.close()
