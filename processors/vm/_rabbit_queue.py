"""Queues in a RabbitMQ server: quorum queues, from which many processes and machines consume."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from itertools import count
from math import inf
from typing import Any

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue

from engine import Clock, FlowError
from processors.vm._answers import RemoteReply
from processors.vm._envelope import Envelope
from processors.vm._queue import Told
from processors.vm._rabbit_connection import GONE, NUMBER, RabbitConnection, quoted
from processors.vm._rooms import Rooms
from processors.vm._sampling import Sample, SampledQueue

log = logging.getLogger("engine")

PAUSE = 1.0
"""Seconds until a listener asks again a server that is away."""
ARGUMENTS: dict[str, Any] = {"x-queue-type": "quorum", "x-delivery-limit": 1_000_000}
"""A quorum of servers writes each message. How often one is delivered is for a redelivery-policy to say: RabbitMQ 4
drops it after 20 times, if it is not told otherwise."""
CORRELATION, TRACE = "engine-correlation-id", "engine-trace"

Arrived = asyncio.Queue[AbstractIncomingMessage]
Held = tuple[AbstractIncomingMessage, AbstractChannel | None, RemoteReply | None]
"""A message, the channel that ends with it, if any, and the reply to its publisher, if that waits for one."""


class RabbitServer(RabbitConnection):
    """The queues of a config in a RabbitMQ server."""

    system = "rabbitmq"

    def __init__(self, url: str, application: str, config: str) -> None:
        super().__init__(url, application, config)
        self._queues: list[RabbitQueue] = []

    def queue(self, name: str, limit: int, clock: Clock) -> RabbitQueue:
        queue = RabbitQueue(self, f"{self.prefix}.{quoted(name)}", limit, clock)
        self._queues.append(queue)
        return queue

    async def close(self) -> None:
        for queue in self._queues:
            await queue.end()
        await super().close()


class RabbitQueue(SampledQueue):
    """A quorum queue whose messages are acknowledged when their flow has ended. name: what the server calls it."""

    own = frozenset[Told](("taken",))

    def __init__(self, server: RabbitConnection, name: str, limit: int, clock: Clock) -> None:
        super().__init__(limit, clock, name)
        self._server = server
        self._name = name
        self._consumers = 1
        self._numbers = count(1)
        self._rooms = Rooms(self._room, name)
        self._forget()

    def _forget(self) -> None:
        self._listening: AbstractChannel | None = None
        self._asking: AbstractChannel | None = None
        self._subscription: tuple[AbstractQueue, str] | None = None
        self._arrived: Arrived = asyncio.Queue()
        self._held: dict[int, Held] = {}
        self._turn = asyncio.Lock()

    async def begin(self) -> None:
        with suppress(FlowError):  # it is away, which is logged: then its first use makes it
            await self._server.do(self._there)

    async def put(self, envelope: Envelope, seconds: float) -> bool:
        if not self._limit:
            await self._add(envelope)
            return True
        if not await self._rooms.take(seconds):
            return False
        try:
            await self._add(envelope)
        finally:
            self._rooms.leave()
        return True

    async def _add(self, envelope: Envelope) -> None:
        await self._server.do(lambda: self._publish(envelope))
        self._published.value += 1

    async def _publish(self, envelope: Envelope) -> None:
        await self._there()
        headers, to = {CORRELATION: envelope.correlation_id}, None
        if envelope.trace:
            headers[TRACE] = envelope.trace
        if isinstance(envelope.reply, asyncio.Future):
            to, headers[NUMBER] = await self._server.expect(envelope.reply)
        await self._server.publish(self._name, envelope.data, headers, reply_to=to)

    async def receive(self, seconds: float | None = None) -> Envelope | None:
        if seconds is None:
            return await self._receive_in_advance()
        channel = await self._server.do(lambda: self._server.channel(1))
        try:
            message = await self._first(channel, seconds)
        except BaseException:
            await _closed(channel)
            raise
        if message is None:
            await _closed(channel)
            return None
        return self._hold(message, channel)

    async def _first(self, channel: AbstractChannel, seconds: float) -> AbstractIncomingMessage | None:
        """Return the first message, waiting for it on a channel of its own."""
        queue = await self._server.do(lambda: self._declared(channel))
        message = await self._server.do(lambda: queue.get(no_ack=False, fail=False))
        if message is not None or seconds <= 0:
            return message
        arrived: Arrived = asyncio.Queue()
        tag = await self._server.do(lambda: queue.consume(arrived.put))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await arrived.get()
        await self._server.do(lambda: queue.cancel(tag))
        return None if arrived.empty() else arrived.get_nowait()

    async def _receive_in_advance(self) -> Envelope:
        while True:
            try:
                await self._server.do(self._subscribed)
                with suppress(TimeoutError):
                    async with asyncio.timeout(PAUSE):
                        return self._hold(await self._arrived.get(), None)
            except FlowError:  # it is away, which is logged once
                await self._clock.sleep(PAUSE)

    def listen(self, consumers: int) -> None:
        self._consumers = consumers

    async def rest(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            queue, tag = subscription
            with suppress(*GONE, FlowError):
                await self._server.do(lambda: queue.cancel(tag))
        while not self._arrived.empty():
            await _given_back(self._arrived.get_nowait())

    async def put_back(self, envelope: Envelope) -> None:
        message, channel, _ = self._held.pop(envelope.number)
        await _given_back(message)
        await _closed(channel)

    async def done(self, envelope: Envelope) -> None:
        message, channel, reply = self._held.pop(envelope.number)
        try:
            if reply is not None:
                await self._server.send(reply)
        finally:
            await self._acknowledge(message)
            await _closed(channel)

    async def settle(self, envelope: Envelope) -> None:
        try:
            await self.done(envelope)
        except FlowError as failure:
            log.warning("an answer of %s is lost: %s", self._name, failure.detailed_description)

    async def _acknowledge(self, message: AbstractIncomingMessage) -> None:
        try:
            await message.ack()
            self._consumed.value += 1
        except GONE:
            log.warning("a message of %s was handled, and is handled again: the connection was lost", self._name)

    def _hold(self, message: AbstractIncomingMessage, channel: AbstractChannel | None) -> Envelope:
        headers: dict[str, Any] = dict(message.headers)
        attempts = 1 + max(int(headers.get(name) or 0) for name in ("x-delivery-count", "x-acquired-count"))
        reply = RemoteReply(message.reply_to, str(headers[NUMBER])) if message.reply_to else None
        number = next(self._numbers)
        self._held[number] = message, channel, reply
        self._redelivered.value += attempts > 1
        correlation_id, trace = str(headers.get(CORRELATION, "")), headers.get(TRACE)
        return Envelope(message.body, correlation_id, number, attempts, reply, trace)

    # Channels; for use within `do`

    async def _subscribed(self) -> None:
        """Have the server hand out as many messages as there are consumers."""
        async with self._turn:
            if self._subscription is None or self._listening is None or self._listening.is_closed:
                try:
                    await self._subscribe()
                except BaseException:
                    self._listening = self._subscription = None  # what is left of them ends with the connection
                    raise

    async def _subscribe(self) -> None:
        if self._listening is None or self._listening.is_closed:
            self._arrived = asyncio.Queue()
            self._listening = await self._server.channel()
        await self._listening.set_qos(self._consumers)
        queue = await self._declared(self._listening)
        self._subscription = queue, await queue.consume(self._arrived.put)

    async def _there(self) -> AbstractQueue:
        """Make the queue, unless it is there, on a channel that is kept for questions."""
        async with self._turn:
            if self._asking is None or self._asking.is_closed:
                asking = await self._server.channel()
                queue = await self._declared(asking)
                self._asking = asking
                return queue
            return await self._asking.get_queue(self._name, ensure=False)

    async def _declared(self, channel: AbstractChannel) -> AbstractQueue:
        return await channel.declare_queue(self._name, durable=True, arguments=ARGUMENTS)

    # What is told

    async def _waiting(self) -> int:
        async def ask() -> int:
            await self._there()
            asking, self._asking = self._asking, None  # one that fails is not used again
            assert asking
            queue = await asking.declare_queue(self._name, passive=True)
            self._asking = asking
            return queue.declaration_result.message_count or 0

        return await self._server.do(ask)

    async def _room(self) -> float:
        return self._limit - await self._waiting() if self._limit else inf

    async def _count(self) -> Sample:
        return Sample(await self._waiting())

    def taken(self) -> float:
        return len(self._held)

    async def end(self) -> None:
        """End the tasks of the queue; what it holds is delivered again when the connection is closed."""
        await super().end()
        await self._rooms.end()
        self._forget()


async def _given_back(message: AbstractIncomingMessage) -> None:
    with suppress(*GONE):
        await message.nack(requeue=True)


async def _closed(channel: AbstractChannel | None) -> None:
    if channel is not None:
        with suppress(*GONE):
            await channel.close()
