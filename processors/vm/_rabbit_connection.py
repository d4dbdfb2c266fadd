"""A RabbitMQ server, over aio-pika, which is imported here and nowhere else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from os import getpid
from secrets import token_hex
from socket import gethostname
from typing import TypeVar
from urllib.parse import quote

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import AMQPError
from yarl import URL

from engine.connectors import Reach
from processors.vm._answers import Awaited, RemoteReply
from processors.vm._envelope import Reply
from processors.vm._errors import VM_CONNECTIVITY

T = TypeVar("T")

logging.getLogger("aiormq.connection").setLevel(logging.CRITICAL)  # a traceback for what is told in a line

HEARTBEAT = 5
"""Seconds between two signs of life; a connection on which some are missing is closed by both sides."""
PATIENCE = 5.0
"""Seconds that an operation may take; a quorum of servers has to write first."""
GONE: tuple[type[Exception], ...] = (AMQPError, OSError, RuntimeError)
"""What the driver raises if a connection is lost; RuntimeError, if one is used that has been closed."""
NUMBER = "engine-reply"
"""The header with the number of a reply at its caller."""


class RabbitConnection:
    """The connection of a config to a server, with credentials in its url; it is opened again when it is needed.

    prefix: begins the names of the queues of the config.
    """

    def __init__(self, url: str, application: str, config: str) -> None:
        address = URL(url)
        self._address = address if "heartbeat" in address.query else address.update_query(heartbeat=HEARTBEAT)
        self._reach = Reach(url, GONE, VM_CONNECTIVITY)
        self.prefix = f"{quoted(application)}.{quoted(config)}"
        self._name = f"{self.prefix}.replies.{gethostname()}-{getpid()}-{token_hex(4)}"
        self._awaited = Awaited()
        self._forget()

    def _forget(self) -> None:
        self._connection: AbstractConnection | None = None
        self._is_lost = False
        self._publishing: AbstractChannel | None = None
        self._replies: AbstractChannel | None = None
        self._opening, self._connecting = asyncio.Lock(), asyncio.Lock()

    async def ping(self) -> None:
        """Raise VM:CONNECTIVITY if the server cannot be reached."""
        await self.do(self._opened)

    async def close(self) -> None:
        await self._disconnect()
        self._forget()

    async def do(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Return the result of an operation. Raise VM:CONNECTIVITY if the server does not answer in time."""
        return await self._reach.do_apart(lambda: _told(operation), PATIENCE)

    async def channel(self, prefetch: int = 0) -> AbstractChannel:
        """Open a channel, on which the server hands out so many messages in advance; for use within `do`."""
        channel = await (await self._opened()).channel()
        if prefetch:
            await channel.set_qos(prefetch)
        return channel

    async def publish(
        self, queue: str, data: bytes, headers: Mapping[str, str], *, reply_to: str | None = None, must_be: bool = True
    ) -> None:
        """Have the server take a message. must_be: whether it fails if there is no such queue. For use within `do`."""
        async with self._opening:
            if self._publishing is None or self._publishing.is_closed:
                self._publishing = await self.channel()
            channel = self._publishing
        mode = aio_pika.DeliveryMode.PERSISTENT if must_be else aio_pika.DeliveryMode.NOT_PERSISTENT
        message = aio_pika.Message(data, headers=dict(headers), delivery_mode=mode, reply_to=reply_to)
        try:
            await channel.default_exchange.publish(message, queue, mandatory=must_be)
        except BaseException:
            self._publishing = None  # one that fails is not used again
            raise

    async def _opened(self) -> AbstractConnection:
        async with self._connecting:
            if self._connection is None or self._is_lost:
                await self._disconnect()
                self._connection, self._is_lost = await aio_pika.connect(self._address), False
                self._connection.close_callbacks.add(self._note_lost)
            return self._connection

    def _note_lost(self, connection: AbstractConnection | None, _: BaseException | None = None) -> None:
        self._is_lost = self._is_lost or connection is self._connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*GONE):
                await connection.close()

    # Replies to this process, in a queue that ends with its connection

    async def expect(self, reply: Reply) -> tuple[str, str]:
        """Return where the reply is to be sent, and its number there. For use within `do`."""
        async with self._opening:
            if self._replies is None or self._replies.is_closed:
                self._replies = await self.channel()
                queue = await self._replies.declare_queue(self._name, exclusive=True, auto_delete=True)
                await queue.consume(self._reply_arrived, no_ack=True)
        return self._name, self._awaited.expect(reply)

    async def send(self, reply: RemoteReply) -> None:
        """Send a reply to its caller, who may be waiting no longer."""
        data = reply.data
        if data is not None:
            await self.do(lambda: self.publish(reply.to, data, {NUMBER: reply.number}, must_be=False))

    async def _reply_arrived(self, message: AbstractIncomingMessage) -> None:
        self._awaited.arrived(str(message.headers.get(NUMBER)), message.body)


async def _told(operation: Callable[[], Awaitable[T]]) -> T:
    """Return the result; the driver cancels what waits on a connection that is lost, or says so with the url."""
    try:
        return await operation()
    except RuntimeError:
        raise ConnectionError("the connection was lost") from None
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise ConnectionError("the connection was lost") from None


def quoted(name: str) -> str:
    return quote(name, safe=" /-_~")
