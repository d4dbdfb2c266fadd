"""HTTP/1.1 over a connection, read by httptools, with limits on callers before a flow is asked.

llhttp, beneath it, is strict: Content-Length with Transfer-Encoding, a length twice, bare line
feeds, folded headers and broken chunks are errors of the parser, and end the connection. It has no limits, and
httptools keeps unfinished input: that is counted here by the bytes fed to the parser.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

import httptools
from starlette.types import Scope

from engine.limits import LINGER, MOST_PIPELINED, PIPELINED
from engine.values.correlation import new_correlation_id
from engine.values.refusal import Refusal
from engine.wire.access_log import access
from engine.wire.connection import HIGH_WATER, Connection
from engine.wire.cycle import Cycle
from engine.wire.front import SPARE, Front
from engine.wire.own_server import CONNECTION, HELD
from engine.wire.request_head import (
    Refused,
    check_head,
    check_size,
    headers_too_large,
    no_room,
    size_of,
    too_many_connections,
    too_much_behind,
)
from engine.wire.room import Held

BETWEEN, IN_HEAD, IN_BODY = range(3)
"""The parser's position: between two requests, or inside one."""

CHUNK, BYTE = 16, 2
"""Allowed bytes of framing for each chunk, and for each byte in it (as in Go's net/http)."""

ASGI = {"version": "3.0", "spec_version": "2.3"}
FRAMING = frozenset({b"content-length", b"transfer-encoding"})
NONE: list[tuple[bytes, bytes]] = []
NO_HTTP = Refused(400, "the bytes are no request of HTTP/1.1")


class Protocol(Connection):
    """A connection whose requests are answered in the order of their arrival."""

    __slots__ = (
        "_fed", "_framing", "_head_size", "_headers", "_held", "_idle_since", "_idle_timer", "_is_led",
        "_parser", "_parts", "_pipeline", "_refused", "_running", "_since", "_stage", "_trailer_size", "_trailers",
        "_url", "cycle", "on_body",
    )  # fmt: skip

    def __init__(self, front: Front) -> None:
        super().__init__(front)
        self._since = front.loop.time()
        self._parts: list[bytes] = []
        """The parts of a body that the parser found in the bytes it is being fed."""
        self.on_body = self._parts.append
        self._parser: Any = self._new_parser()
        self._stage = BETWEEN
        self._url = b""
        self._headers = NONE
        self._trailers = self._trailer_size = 0
        """The trailers after the body; they are dropped."""
        self._fed = 0
        """The size of the latest input."""
        self._head_size = 0
        """How many bytes of an incomplete head have come, as far as is known."""
        self._framing = 0
        """How many bytes of framing came beyond the allowance of the body's chunks."""
        self._held: Held | None = None
        """The share of the room that an incomplete head holds."""
        self._is_led = False
        """Whether the parser is being fed input again that was parsed before."""
        self.cycle: Cycle | None = None
        """The latest request."""
        self._running: Cycle | None = None
        """The request being answered."""
        self._pipeline: list[Cycle] = []
        """Requests that wait for the answers before theirs."""
        self._refused: Refused | None = None
        """The refusal that is answered after them."""
        self._idle_since: float | None = None
        """When the current wait for a request began."""
        self._idle_timer: asyncio.TimerHandle | None = None

    def _new_parser(self) -> httptools.HttpRequestParser:
        parser = httptools.HttpRequestParser(self)
        parser.set_dangerous_leniencies(lenient_data_after_close=True)  # it is discarded
        return parser

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # what servers make
        super().connection_made(transport)
        beyond = self._front.enter(self) - self._front.most_connections
        if beyond > SPARE:
            transport.abort()
        elif beyond > 0:
            self._parser = _Full()
            self._wait(LINGER, self._head_is_late)
        else:  # a TLS handshake took part of the time
            left = self._since + self._front.limits.header_timeout - self._loop.time()
            self._wait(left, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._front.leave(self)
        self._parser = None
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        self._close_held()
        for cycle in (self._running, *self._pipeline, self.cycle):
            if cycle is not None:
                cycle.hang_up()

    def _close_held(self) -> None:
        """Release the share of an incomplete head that nobody wants."""
        if self._held is not None:
            self._held.close()
        self._url, self._headers, self._held = b"", NONE, None

    def data_received(self, data: bytes) -> None:
        if self._is_deaf:
            return self._pass_over_unheard(len(data))
        stage, cycle = self._stage, self.cycle
        self._fed = len(data)
        try:
            self._parser.feed_data(data)
            if self._stage != BETWEEN:
                self._check_unfinished(stage, cycle)
        except httptools.HttpParserUpgrade as upgrade:
            self._pass_over_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._refuse(cause if isinstance(cause, Refused) else NO_HTTP)
        except Refused as refused:
            self._refuse(refused)

    def _pass_over_unheard(self, size: int) -> None:
        self._pass_over(size)
        if not self.is_ending and self._passed > HIGH_WATER:  # until the answer is given
            self.pause_reading()

    def _pass_over_upgrade(self, rest: bytes) -> None:
        """Ignore an upgrade, to a protocol that is not offered: the request is answered as it is (RFC 9110, 7.8).

        The parser takes its body for the other protocol's; a new parser is brought to the start of the body.
        """
        cycle = self.cycle
        assert cycle is not None  # it has this request
        framing = [b"%s: %s\r\n" % header for header in cycle.scope["headers"] if header[0] in FRAMING]
        self._parser = self._new_parser()
        if framing:
            cycle.is_whole = self._is_deaf = False
            cycle.be_held()
            self._stage = IN_BODY
            self._is_led = True
            self._parser.feed_data(b"POST / HTTP/1.1\r\n" + b"".join(framing) + b"\r\n")
            self._is_led = False
        if rest:
            self.data_received(rest)

    def eof_received(self) -> bool:
        """Note that the caller sends no more: complete requests are answered if the connection can be half open."""
        cycle = self.cycle
        waits = cycle is not None and cycle.is_whole and not cycle.is_answered
        if not waits or self.is_ending or not self._transport.can_write_eof():
            return super().eof_received()
        assert cycle is not None
        super().eof_received()
        self._is_deaf = True
        self._stop_timer()
        cycle.keep_alive = False
        return True

    def shutdown(self) -> None:
        """End the connection after the answer in progress, because the server ends."""
        if self.cycle is not None and not self.cycle.is_answered:
            self.cycle.keep_alive = False
        elif self.cycle is None:
            self._end_idle()
        else:
            self.close()

    def _end_idle(self) -> None:
        """End immediately: nobody waits for anything."""
        if self._transport.get_write_buffer_size():
            self.close()
        else:
            self._transport.close()

    def _may_come(self) -> bool:
        return self._stage != BETWEEN or self._refused is not None

    # A request

    def on_message_begin(self) -> None:
        if not self._is_led:
            self._url, self._headers = b"", []
            self._stage, self._head_size = IN_HEAD, 0
            self._idle_since = None

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._stage == IN_HEAD:
            self._headers.append((name.lower(), value))
        elif not self._is_led:  # a trailer must not pass for a header (RFC 9110, 6.5.1)
            self._trailers += 1
            self._trailer_size += len(name) + len(value)
            limits = self._front.limits
            if self._trailers > limits.max_headers or self._trailer_size > limits.max_header_size:
                raise too_much_behind(limits)

    def on_headers_complete(self) -> None:
        if self._is_led:
            return
        limits = self._front.limits
        if self._head_size or self._fed > limits.max_header_size or len(self._headers) > limits.max_headers:
            check_size(self._url, self._headers, limits)
        version, method = self._parser.get_http_version(), self._parser.get_method()
        named = dict(self._headers)
        check_head(version, method, self._headers, named)
        is_next = self.cycle is None or self.cycle.is_answered
        cycle = self._new_cycle(version, method, named)
        if not is_next:
            self._queue(cycle)
        self._stage, self._framing, self.cycle = IN_BODY, 0, cycle
        if self._timer is not None:
            self._stop_timer()
        if is_next:
            self._start(cycle)

    def _new_cycle(self, version: str, method: bytes, named: Mapping[bytes, bytes]) -> Cycle:
        cycle = Cycle(self, self._front, self._scope(version, method), self._answered)
        is_new = version == "1.1"  # HTTP/1.0 has no 100 Continue, and its connections end
        cycle.keep_alive = is_new and not self._front.is_draining and self._parser.should_keep_alive()
        cycle.expects_leave = is_new and b"expect" in named and named[b"expect"].lower() == b"100-continue"
        if self._held is not None:
            cycle.held = cycle.scope[HELD] = self._held
        self._url, self._headers, self._held = b"", NONE, None
        return cycle

    def _scope(self, version: str, method: bytes) -> Scope:
        """Return the ASGI scope of a request."""
        url = httptools.parse_url(self._url)
        path = url.path.decode("ascii")
        return {
            "type": "http",
            "asgi": ASGI,
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": "",
            "headers": self._headers,
            "method": method.decode("ascii"),
            "path": unquote(path) if "%" in path else path,
            "raw_path": url.path,
            "query_string": url.query or b"",
            CONNECTION: self,
        }

    def on_message_complete(self) -> None:
        cycle = self.cycle
        assert cycle is not None  # its head came before
        self._stage = BETWEEN
        self._trailers = self._trailer_size = 0
        body = self._take_parts()
        if not cycle.is_answered:
            cycle.finish(body)
            self._is_deaf = not cycle.keep_alive
        else:  # early; input after the answer was discarded
            self._linger_no_more()
            self._be_idle()

    def _take_parts(self) -> bytes:
        parts = self._parts
        if not parts:
            return b""
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        return body

    # Incomplete requests

    def _check_unfinished(self, stage: int, cycle: Cycle | None) -> None:
        """Limit unfinished input after the latest bytes. stage, cycle: the parser's position before them."""
        if self._stage == IN_HEAD:
            is_all_of_it = stage != IN_BODY and cycle is self.cycle
            self._check_head(self._fed if is_all_of_it else 0)
        else:
            self._check_body(is_begun=stage == IN_BODY and cycle is self.cycle)

    def _check_head(self, size: int) -> None:
        """Limit the size of a head. size: how many of the bytes surely belong to it."""
        limits = self._front.limits
        self._head_size += size
        if self._head_size > limits.max_header_size or len(self._headers) > limits.max_headers:
            check_size(self._url, self._headers, limits)
        if self._head_size > 2 * limits.max_header_size:  # the parser has it, and it is not a header yet
            raise headers_too_large(limits)
        if self._held is None:
            self._held = Held(self._front.room)
        _hold(self._held.add, self._fed)
        self._wait(limits.header_timeout, self._head_is_late)

    def _check_body(self, *, is_begun: bool) -> None:
        cycle = self.cycle
        assert cycle is not None  # a body belongs to one
        parts = len(self._parts)
        body = self._take_parts()
        if is_begun:
            self._framing = max(0, self._framing + self._fed - len(body) - BYTE * len(body) - CHUNK * parts)
            if self._framing > self._front.limits.max_header_size:
                raise too_much_behind(self._front.limits)
        if cycle.is_answered:
            self._pass_over(self._fed)
        elif is_begun:
            cycle.take(body, self._fed)
        else:  # its head came with it, and the flow has another copy of it
            _hold(cycle.hold, self._fed + size_of(cycle.scope["headers"]))
            cycle.keep(body)

    # Answers

    def _start(self, cycle: Cycle) -> None:
        self._running = cycle
        tasks = self._front.state.tasks
        task = self._loop.create_task(cycle.run(self._front.app))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def _queue(self, cycle: Cycle) -> None:
        """Have a request wait for the answers before its own."""
        if len(self._pipeline) >= MOST_PIPELINED:
            raise Refused(429, "too many requests wait on this connection", "HTTP:TOO_MANY_REQUESTS")
        _hold(cycle.hold, PIPELINED)
        self._pipeline.append(cycle)
        self.pause_reading()

    def _answered(self) -> None:
        """Continue after an answer was written completely."""
        if self.is_ending or self._transport.is_closing():
            return
        assert self._running is not None  # whose answer it is
        if self._is_paused:
            self.resume_reading()
        if self._pipeline:
            self._start(self._pipeline.pop(0))
        elif self._refused is not None:
            self._answer(self._refused)
        elif self._running.is_whole:
            self._be_idle()
        else:
            self._linger(self.close)

    def _be_idle(self) -> None:
        """Wait for the next request. The timer of an earlier wait stays: it checks how long this one lasts."""
        self.cycle = self._running = None
        if self._stage == BETWEEN:
            self._idle_since = self._loop.time()
            if self._idle_timer is None:
                self._look_after(self._front.limits.idle_timeout)

    def _look_after(self, seconds: float) -> None:
        self._idle_timer = self._loop.call_later(seconds, self._look_whether_idle)

    def _look_whether_idle(self) -> None:
        self._idle_timer = None
        if self._idle_since is None or self.is_closing():
            return
        left = self._idle_since + self._front.limits.idle_timeout - self._loop.time()
        if left > 0:
            self._look_after(left)
        else:
            self._end_idle()

    # Refusing

    def _head_is_late(self) -> None:
        self._timer = None
        if self._stage == BETWEEN:
            self._transport.close()
        else:
            detail = f"the headers did not arrive within {self._front.limits.header_timeout:g} s"
            self._refuse(Refused(408, detail, "HTTP:REQUEST_TIMEOUT"))

    def _refuse(self, refused: Refused) -> None:
        """Answer after the earlier requests; a request with a broken body counts as given up by its caller."""
        self._refused = refused.with_traceback(None)  # it refers to the bytes
        self._is_deaf = True
        self._stop_timer()
        self._parser = None  # and everything it keeps
        self._close_held()
        cycle = self.cycle
        if self._stage == IN_BODY and cycle is not None:
            if cycle not in self._pipeline:
                return self._break_off(cycle, refused)
            self._pipeline.remove(cycle)
            cycle.hang_up()
        if self._running is None or self._running.is_answered:
            self._answer(refused)

    def _break_off(self, cycle: Cycle, refused: Refused) -> None:
        if cycle.is_started:
            self.close()
        else:
            self._answer(refused)
        cycle.hang_up()

    def _answer(self, refused: Refused) -> None:
        correlation_id = new_correlation_id()
        self.write(refused.answer(correlation_id, self._front.default_headers))
        self._front.note_refused(self.scheme, refused.status)
        who = {"correlation_id": correlation_id, "status": refused.status}
        access.info("- - - %d: %s", refused.status, refused.detail, extra=who)
        self.close()


def _hold(hold: Callable[[int], None], size: int) -> None:
    try:
        return hold(size)
    except Refusal:
        pass
    raise no_room()


class _Full:
    """Replaces a parser: any input is answered with the refusal that there are too many."""

    def feed_data(self, data: bytes) -> None:
        raise too_many_connections()
