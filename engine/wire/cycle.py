"""One request of a connection, and its answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from starlette.types import ASGIApp, Message, Scope

from engine.values.correlation import new_correlation_id
from engine.values.refusal import Refusal
from engine.wire.answer_head import answer_head
from engine.wire.connection import HIGH_WATER, Connection
from engine.wire.front import Front
from engine.wire.own_server import HELD, Answerable, BrokenStream
from engine.wire.request_head import Refused
from engine.wire.room import Held, too_full

log = logging.getLogger("engine")

WITHOUT_BODY = frozenset({204, 304})
"""Statuses whose answers have no body (RFC 9112, 6.3)."""

FAILED = Refused(500, "an application gave no answer", "")


class Cycle(Answerable):
    """A request for ASGI: `receive` returns its body, `send` takes its answer.

    answered: called when the whole answer is written.
    """

    __slots__ = (
        "_answered", "_body", "_connection", "_expected", "_front", "_is_chunked", "_is_read", "_is_refused", "_news",
        "expects_leave", "held", "is_answered", "is_gone", "is_started", "is_whole", "keep_alive", "scope",
    )  # fmt: skip

    def __init__(self, connection: Connection, front: Front, scope: Scope, answered: Callable[[], None]) -> None:
        self._connection, self._front, self._answered = connection, front, answered
        self.scope = scope
        self.keep_alive = True
        """Whether the connection stays open after the answer."""
        self.expects_leave = False
        """Whether the caller waits for permission to send the body (RFC 9110, 10.1.1)."""
        self.is_whole = self._is_read = False
        """Whether the request has arrived completely, and whether all of it was read."""
        self.is_started = self.is_answered = False
        """Whether the answer has begun, and whether it has been written completely."""
        self.is_gone = False
        """Whether nobody waits for the answer any more."""
        self.held: Held | None = None
        """Its share of the room, if it does not arrive in one piece, or waits for the answers before its own."""
        self._body: Any = b""
        """The part of the body that has arrived and was not read yet."""
        self._is_refused = False
        """Whether there was no room for some of the body."""
        self._news: asyncio.Future[None] | None = None
        self._is_chunked = False
        self._expected = 0

    async def run(self, app: ASGIApp) -> None:
        """Have an application answer, unless the caller was refused before; an answer left open is ended."""
        if self.is_gone:
            return
        try:
            await app(self.scope, self.receive, self.send)
        except (BrokenStream, asyncio.CancelledError):  # it was reported already; the server ends
            pass
        except Exception:
            log.exception("unexpected error in an application")
        if not self.is_answered and not self.is_gone:
            self._give_up()

    def _give_up(self) -> None:
        if not self.is_started:
            self._connection.write(FAILED.answer(new_correlation_id(), self._front.default_headers))
        self._connection.close()

    def hang_up(self) -> None:
        """Note that the caller no longer waits for the answer."""
        self.is_gone = not self.is_answered
        self._forget()

    def _forget(self) -> None:
        """Drop the rest of the request, which nobody reads."""
        self._body = b""
        if self.held is not None:
            self.held.close()
        if self._news is not None:
            self._tell()

    # The request

    def hold(self, size: int) -> None:
        """Count this many bytes until the request has been read. Raises Refusal if there is no room for them."""
        self.be_held().add(size)

    def be_held(self) -> Held:
        """Return its share of the room, of which the application learns if the request does not arrive in one piece."""
        if self.held is None:
            self.held = self.scope[HELD] = Held(self._front.room)
        return self.held

    def take(self, part: bytes, size: int) -> None:
        """Keep some of the body until it is read; if there is no room, the reader gets the Refusal.

        size: the size of everything that came with it.
        """
        if self._is_refused:
            return
        try:
            self.hold(size)
        except Refusal:  # its share counts until the reader has released it
            self._is_refused, self._body = True, b""
            self._connection.pause_reading()
            self._tell()
        else:
            self.keep(part)

    def keep(self, part: bytes) -> None:
        """Keep some of the body, which is counted already. Only a second part has to be copied behind the first."""
        if not part:
            return
        if not self._body:
            self._body = part
        elif isinstance(self._body, bytes):
            self._body = bytearray(self._body + part)
        else:
            self._body += part
        if len(self._body) > HIGH_WATER:
            self._connection.pause_reading()
        self._tell()

    def finish(self, part: bytes) -> None:
        """Complete the request with this last part of its body."""
        self.is_whole = True
        if self.held is not None:
            self.take(part, len(part))
        elif part:
            self._body = part  # it came in one piece
        if self._news is not None:
            self._tell()

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _has_news(self) -> bool:
        """Return whether there is anything to report in addition to some of the body."""
        is_new_end = self.is_whole and not self._is_read
        return is_new_end or self.is_gone or self.is_answered or self._is_refused

    async def receive(self) -> Message:
        if self.expects_leave:
            self.expects_leave = False
            self._connection.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        while not self._body and not self._has_news():
            await self._wait()
        if self.is_gone or self.is_answered:
            return {"type": "http.disconnect"}
        if self._is_refused:
            raise too_full()
        body, self._body = self._body, b""
        if self.is_whole:
            self._is_read = True
            if self.held is not None:
                self.held.close()
        else:
            self._connection.resume_reading()
        return {"type": "http.request", "body": bytes(body), "more_body": not self.is_whole}

    async def _wait(self) -> None:
        if not self.is_whole:
            self._connection.resume_reading()
        self._news = self._front.loop.create_future()
        try:
            await self._news
        finally:
            self._news = None

    # The answer

    async def send(self, message: Message) -> None:
        if self._connection.is_full and not self.is_gone:
            await self._connection.drain()
        if self.is_gone:
            return
        expected = "http.response.body" if self.is_started else "http.response.start"
        if self.is_answered or message["type"] != expected:
            raise RuntimeError(f"an application sent {message['type']} out of turn")
        if self.is_started:
            self._send_body(message.get("body", b""), message.get("more_body", False))
        else:
            self._send_head(message["status"], message.get("headers", ()), message.get("reason"))

    def answer(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes, reason: bytes | None) -> bool:
        if self._connection.is_full or self.is_started:
            return False
        if not self.is_gone:
            self._send_head(status, headers, reason)
            self._send_body(body, more_body=False)
        return True

    def _send_head(self, status: int, headers: Sequence[tuple[bytes, bytes]], reason: bytes | None) -> None:
        self.is_started = True
        named = dict(headers)
        fields = list(headers)
        for default in self._front.default_headers:
            if default[0] not in named:
                fields.append(default)
        if self.expects_leave and not self.is_whole:  # a caller without the permission may send the body or not
            self.keep_alive = False
        if b"connection" in named and b"close" in named[b"connection"].lower():
            self.keep_alive = False
        elif not self.keep_alive:
            fields.append((b"connection", b"close"))
        if b"content-length" in named:
            self._expected = int(named[b"content-length"])
        elif self.scope["method"] != "HEAD" and status not in WITHOUT_BODY:
            self._is_chunked = True
            fields.append((b"transfer-encoding", b"chunked"))
        self.expects_leave = False
        self._connection.begin(answer_head(status, fields, reason))

    def _send_body(self, body: bytes, more_body: bool) -> None:
        if self.scope["method"] == "HEAD":
            self._expected = 0
            body = b""
        elif self._is_chunked:
            body = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            body += b"" if more_body else b"0\r\n\r\n"
        else:
            self._expected -= len(body)
        if self._expected < 0 or (self._expected and not more_body):
            raise RuntimeError("the body of an answer is not as long as its Content-Length says")
        self._connection.write(body)
        if not more_body:
            self._complete()

    def _complete(self) -> None:
        self.is_answered = True
        self._forget()
        if not self.keep_alive:
            self._connection.close()
        self._answered()
