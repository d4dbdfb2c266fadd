"""Replies of publish-consume between processes: each that waits for some has a stream of its own in Redis."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from itertools import count

from engine import FlowError
from engine.connectors import Line, NotSerialisable, RedisConnection, restore, serialise
from processors.vm._envelope import Answer, Reply
from processors.vm._errors import INVALID_VALUE
from processors.vm._redis_scripts import ANSWER

log = logging.getLogger("engine")

KEPT = 60
"""Seconds for which a reply waits for a process that is cut off."""
PAUSE, BLOCK = 0.5, 1.0
"""Seconds until replies are asked for again after a failure; and for which the server keeps its answer back."""
TOLD = ("type", "description", "detailedDescription", "failingComponent")
"""The fields of an error that reach the caller in another process."""


class RemoteReply:
    """The reply to a caller in another process.

    to: the caller's stream, and its number there. data: the reply, once it is known.
    """

    def __init__(self, to: str) -> None:
        self._to = to
        self.data: bytes | None = None

    def done(self) -> bool:
        return self.data is not None

    def set_result(self, answer: Answer) -> None:
        self.data = _written(answer)

    async def send(self, connection: RedisConnection) -> None:
        """Send the reply, if there is one; nobody may be waiting for it any more."""
        stream, _, number = self._to.rpartition(" ")
        if self.data is not None:
            await connection.run(ANSWER, [stream], number, self.data, KEPT)


class Replies:
    """The replies for which tasks of this process wait."""

    def __init__(self, connection: RedisConnection, stream: str) -> None:
        self._connection = connection
        self._stream = stream
        self._awaited: dict[bytes, Reply] = {}
        self._numbers = count(1)
        self._last: bytes = b"0-0"
        self._line: Line | None = None
        self._reading: asyncio.Task[None] | None = None

    def expect(self, reply: Reply) -> str:
        """Return where the reply is to be sent: it is read from now on, until the reply is known, or given up."""
        number = b"%d" % next(self._numbers)
        self._awaited[number] = reply
        reply.add_done_callback(lambda _: self._awaited.pop(number, None))
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_all(), name="the replies to publish-consume")
        return f"{self._stream} {number.decode()}"

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        self._reading = self._line = None

    async def _read_all(self) -> None:
        line = self._line = self._line or self._connection.line()
        while self._awaited:
            await self._read(line)

    async def _read(self, line: Line) -> None:
        command = ("XREAD", "COUNT", 100, "BLOCK", round(BLOCK * 1000), "STREAMS", self._stream, self._last)
        try:
            found = await line.command(*command, wait=BLOCK)
            entries = found[0][1] if found else []
            for id, (_, number, _, data) in entries:
                self._last = id
                if (reply := self._awaited.get(number)) is not None and not reply.done():
                    reply.set_result(_read_back(data))
            if entries:
                await self._connection.command("XDEL", self._stream, *(id for id, _ in entries))
        except FlowError:  # it is away, which is logged
            await asyncio.sleep(PAUSE)


def _written(answer: Answer) -> bytes:
    try:
        if isinstance(answer, FlowError):
            return serialise({name: answer.get(name) for name in TOLD})
        return serialise(list(answer))
    except NotSerialisable as error:
        return _written(FlowError(INVALID_VALUE, "the answer cannot be written", detailed_description=str(error)))


def _read_back(data: bytes) -> Answer:
    try:
        answer = restore(data)
    except ValueError as error:
        return FlowError(INVALID_VALUE, "the answer cannot be read", detailed_description=str(error))
    if not isinstance(answer, Mapping):
        payload, media_type = answer
        return payload, media_type
    failure = FlowError(answer["type"], answer["description"], detailed_description=answer["detailedDescription"])
    failure.failing_component = answer["failingComponent"]
    return failure
