"""Replies of publish-consume between processes: each that waits for some has a stream of its own in Redis."""

from __future__ import annotations

import asyncio

from engine import FlowError
from engine.connectors import Line, RedisConnection
from processors.vm._answers import Awaited, RemoteReply
from processors.vm._envelope import Reply
from processors.vm._redis_scripts import ANSWER

KEPT = 60
"""Seconds for which a reply waits for a process that is cut off."""
PAUSE, BLOCK = 0.5, 1.0
"""Seconds until replies are asked for again after a failure; and for which the server keeps its answer back."""


class Replies:
    """The stream of replies of this process; it is read while tasks wait for some."""

    def __init__(self, connection: RedisConnection, stream: str) -> None:
        self._connection = connection
        self._stream = stream
        self._awaited = Awaited()
        self._last: bytes = b"0-0"
        self._line: Line | None = None
        self._reading: asyncio.Task[None] | None = None

    def expect(self, reply: Reply) -> tuple[str, str]:
        """Return where the reply is to be sent, and its number there."""
        number = self._awaited.expect(reply)
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_all(), name="the replies to publish-consume")
        return self._stream, number

    async def send(self, reply: RemoteReply) -> None:
        """Send a reply to its caller, who may be waiting no longer."""
        if reply.data is not None:
            await self._connection.run(ANSWER, [reply.to], reply.number, reply.data, KEPT)

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        self._reading = self._line = None

    async def _read_all(self) -> None:
        line = self._line = self._line or self._connection.line()
        while len(self._awaited):
            await self._read(line)

    async def _read(self, line: Line) -> None:
        command = ("XREAD", "COUNT", 100, "BLOCK", round(BLOCK * 1000), "STREAMS", self._stream, self._last)
        try:
            found = await line.command(*command, wait=BLOCK)
            entries = found[0][1] if found else []
            for id, (_, number, _, data) in entries:
                self._last = id
                self._awaited.arrived(number.decode(), data)
            if entries:
                await self._connection.command("XDEL", self._stream, *(id for id, _ in entries))
        except FlowError:  # it is away, which is logged
            await asyncio.sleep(PAUSE)
