"""What all queues promise, wherever their messages lie."""

from __future__ import annotations

from typing import Literal

from engine import Clock
from engine.connectors import Counter, Measures, Usage
from processors.vm._envelope import Envelope

Told = Literal["depth", "taken", "age"]


class Queue:
    """Messages in order, at most `limit` waiting ones (0: any number).

    A message that was received blocks nobody; it is gone once it is `done`, or put back in its place. What is with a
    server raises VM:CONNECTIVITY while that is away.
    """

    own: frozenset[Told] = frozenset()
    """The numbers that each process tells of itself; the others are the same in all."""

    def __init__(self, limit: int, clock: Clock) -> None:
        self._limit = limit
        self._clock = clock
        self._published, self._consumed, self._redelivered = Counter(), Counter(), Counter()

    def measure(self, measures: Measures, config: str, queue: str) -> None:
        """Count the messages."""
        text = "Messages that were put into the queue"
        self._published = measures.counter("engine_queue_published_total", text, config=config, queue=queue)
        text = "Messages that left the queue for good"
        self._consumed = measures.counter("engine_queue_consumed_total", text, config=config, queue=queue)
        text = "Deliveries of messages that had been delivered before"
        self._redelivered = measures.counter("engine_queue_redelivered_total", text, config=config, queue=queue)

    async def begin(self) -> None:
        """Make the queue, before the first event."""

    async def put(self, envelope: Envelope, seconds: float) -> bool:
        """Add the message as soon as there is room; return whether there was any within the seconds."""
        raise NotImplementedError

    async def receive(self, seconds: float | None = None) -> Envelope | None:
        """Take the first message, waiting at most for the seconds if there is none.

        Return None if none came in time, or if somebody else was faster. Without seconds, wait for ever.
        """
        raise NotImplementedError

    async def put_back(self, envelope: Envelope) -> None:
        """Put a message that was received back in its place in the queue."""
        raise NotImplementedError

    async def done(self, envelope: Envelope) -> None:
        """Forget a message that was received, and send the reply that it has, if any."""
        raise NotImplementedError

    async def settle(self, envelope: Envelope) -> None:
        """Do as `done`; if a server is away, wait until it is back."""
        await self.done(envelope)

    def listen(self, consumers: int) -> None:
        """Begin to listen, with so many consumers: what a process of before had taken and not ended is put back."""

    async def rest(self) -> None:
        """Take no messages in advance, until somebody receives some again."""

    def resize(self, limit: int) -> None:
        """Have room for so many from now on; those that wait stay."""
        self._limit = limit

    def close(self) -> None:
        """Forget everything that does not outlive the application."""

    def watch(self) -> None:
        """Have the messages counted from now on, if they are not counted anyway."""

    # For the measures, without waiting for anybody. They raise VM:CONNECTIVITY if a number is not known now.

    @property
    def places(self) -> Usage | None:
        """How many of the messages that may wait do; None if their number is not limited, or not known."""
        raise NotImplementedError

    def depth(self) -> int:
        """Return how many messages wait."""
        raise NotImplementedError

    def taken(self) -> float:
        """Return how many messages were received, and are neither done nor put back."""
        raise NotImplementedError

    def age(self) -> float:
        """Return for how many seconds the first message has waited; 0 if there is none."""
        raise NotImplementedError
