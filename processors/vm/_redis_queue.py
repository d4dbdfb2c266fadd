"""Queues in a Redis server, as streams: many processes and machines publish and consume."""

from __future__ import annotations

import asyncio
import logging
from os import getpid
from secrets import token_hex
from socket import gethostname
from time import monotonic
from typing import Any
from urllib.parse import quote

from engine import Clock, FlowError
from engine.connectors import RedisConnection, Script
from processors.vm import _redis_scripts as scripts
from processors.vm._answers import RemoteReply
from processors.vm._envelope import Envelope
from processors.vm._errors import VM_CONNECTIVITY
from processors.vm._redis_replies import Replies
from processors.vm._sampling import Sample, SampledQueue
from processors.vm._signals import LOOK_AGAIN, Signals

log = logging.getLogger("engine")

HELD = 15.0
"""Seconds without a sign of life of its holder after which a message is delivered to somebody else."""
RENEWALS = 3
"""Signs of life in that time."""
FORGOTTEN = 3600.0
"""Seconds after which a process that holds no message is forgotten."""
PAUSE = 1.0
"""Seconds until a listener asks again a server that is away."""


class RedisServer:
    """The queues of a config in a Redis server. url: of the server, with credentials."""

    system = "redis"

    def __init__(self, url: str, application: str, config: str) -> None:
        self.connection = RedisConnection(url, VM_CONNECTIVITY)
        self.process = f"{gethostname()}-{getpid()}-{token_hex(4)}"
        self._prefix = f"{_quoted(application)}:{_quoted(config)}"
        self.replies = Replies(self.connection, f"{{{self._prefix}:replies:{self.process}}}")
        self._queues: list[RedisQueue] = []

    def queue(self, name: str, limit: int, clock: Clock) -> RedisQueue:
        queue = RedisQueue(self, f"{{{self._prefix}:queue:{_quoted(name)}}}", limit, clock)
        self._queues.append(queue)
        return queue

    async def ping(self) -> None:
        """Raise VM:CONNECTIVITY if the server cannot be reached."""
        await self.connection.command("PING")

    async def close(self) -> None:
        await self.replies.close()
        for queue in self._queues:
            await queue.end()
        await self.connection.close()
        for queue in self._queues:
            queue.forget()


class RedisQueue(SampledQueue):
    """A stream whose messages are acknowledged, and deleted, when their flow has ended.

    What a process has taken is its own as long as it gives signs of life; then somebody else gets it.
    key: the beginning of the names of its streams.
    """

    def __init__(self, server: RedisServer, key: str, limit: int, clock: Clock) -> None:
        super().__init__(limit, clock, f"{key}:messages")
        self._server = server
        self._keys = [f"{key}:messages", f"{key}:arrivals", f"{key}:rooms"]
        self._arrivals, self._rooms = (Signals(server.connection, name) for name in self._keys[1:])
        self._held: dict[str, RemoteReply | None] = {}
        self._renewing: asyncio.Task[None] | None = None
        self._recovers_at = monotonic() + HELD / RENEWALS

    async def put(self, envelope: Envelope, seconds: float) -> bool:
        fields = self._fields(envelope)

        async def attempt() -> tuple[bytes | None, bytes]:
            id, seen = await self._run(scripts.PUT, self._limit, *fields)
            return id, seen

        id = await self._rooms.until(attempt, seconds)
        if id is None:
            return False
        envelope.number = id.decode()
        self._published.value += 1
        return True

    async def receive(self, seconds: float | None = None) -> Envelope | None:
        if seconds is not None:
            return await self._arrivals.until(self._attempt, seconds)
        while True:
            try:
                return await self._arrivals.until(self._attempt, None)
            except FlowError:  # it is away, which is logged once
                self._note_away()
                await self._clock.sleep(PAUSE)

    async def put_back(self, envelope: Envelope) -> None:
        try:
            await self._return(envelope, envelope.attempts)
        except FlowError:
            log.warning("a message of %s comes again %g s after its server is back", self._keys[0], HELD)

    async def done(self, envelope: Envelope) -> None:
        try:
            await self._finish(envelope)
        finally:
            self._held.pop(envelope.number, None)

    async def settle(self, envelope: Envelope) -> None:
        while True:
            try:
                await self._finish(envelope)
                break
            except FlowError:  # nothing else can be received meanwhile, and nobody else has the message
                await self._clock.sleep(PAUSE)
        self._held.pop(envelope.number, None)

    async def _finish(self, envelope: Envelope) -> None:
        reply = self._held.get(envelope.number)
        if reply is not None:
            await self._server.replies.send(reply)
        if await self._run(scripts.DONE, self._server.process, envelope.number):
            self._consumed.value += 1
        else:
            text = "message %s of %s was handled, and is handled again: this process gave no sign of life for %g s"
            log.warning(text, envelope.number, self._keys[0], HELD)

    # What is taken

    async def _attempt(self) -> tuple[Envelope | None, bytes]:
        await self._recover_when_due()
        taking = asyncio.ensure_future(self._run(scripts.TAKE, self._server.process, self._limit))
        try:
            found, seen = await asyncio.shield(taking)
        except asyncio.CancelledError:
            await self._give_up(taking)
            raise
        return (self._hold(*found) if found else None), seen

    def _hold(self, id: bytes, fields: list[bytes], attempts: int) -> Envelope:
        known = dict(zip(fields[::2], fields[1::2], strict=True))
        reply = RemoteReply(*known[b"reply"].decode().rsplit(" ", 1)) if b"reply" in known else None
        trace = known[b"trace"].decode() if b"trace" in known else None
        number, correlation_id = id.decode(), known.get(b"correlation", b"").decode()
        self._held[number] = reply
        self._redelivered.value += attempts > 1
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._keep_renewing(), name=f"holding what {self._keys[0]} has given")
        return Envelope(known.get(b"data", b""), correlation_id, number, attempts, reply, trace)

    async def _give_up(self, taking: asyncio.Future[Any]) -> None:
        """Put a message back that comes too late for its taker: nobody has seen it."""
        try:
            found, _ = await taking
            if found:
                await self._run(scripts.PUT_BACK, self._server.process, found[0], found[2] - 1)
        except FlowError:
            pass  # the holder gives no sign of life for it

    async def _return(self, envelope: Envelope, attempts: int) -> None:
        self._held.pop(envelope.number, None)
        await self._run(scripts.PUT_BACK, self._server.process, envelope.number, attempts)

    async def _recover_when_due(self) -> None:
        if monotonic() >= self._recovers_at:
            self._recovers_at = monotonic() + LOOK_AGAIN
            idle, forgotten = round(HELD * 1000), round(FORGOTTEN * 1000)
            if taken := await self._run(scripts.RECOVER, idle, forgotten):
                log.warning("%d messages of %s are delivered again: who had them is gone", taken, self._keys[0])

    def _note_away(self) -> None:
        """Take nothing from others before those who live have had the time to show it."""
        self._recovers_at = monotonic() + HELD

    async def _keep_renewing(self) -> None:
        while self._held:
            await asyncio.sleep(HELD / RENEWALS)
            try:
                lost = await self._run(scripts.RENEW, self._server.process, *self._held)
            except FlowError:
                self._note_away()
                continue
            for each in lost:
                self._held.pop(each.decode(), None)

    # What is told

    async def _count(self) -> Sample:
        waiting, taken, milliseconds = await self._run(scripts.SAMPLE)
        return Sample(waiting, taken, milliseconds / 1000)

    # The end

    async def end(self) -> None:
        await super().end()
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)

    def forget(self) -> None:
        """Forget the connections, which are closed, and the event loop."""
        self._renewing = None
        self._held.clear()
        self._arrivals.close()
        self._rooms.close()

    def _fields(self, envelope: Envelope) -> list[str | bytes]:
        fields: list[str | bytes] = ["data", envelope.data, "correlation", envelope.correlation_id]
        if envelope.trace:
            fields += ["trace", envelope.trace]
        if isinstance(envelope.reply, asyncio.Future):
            fields += ["reply", " ".join(self._server.replies.expect(envelope.reply))]
        return fields

    async def _run(self, script: Script, *arguments: str | bytes | int) -> Any:
        return await self._server.connection.run(script, self._keys, *arguments)


def _quoted(name: str) -> str:
    return quote(name, safe=" /.-_~")
