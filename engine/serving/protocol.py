"""One connection: uvicorn's protocol on httptools, with bounds on what a caller may do before a flow is asked.

llhttp, beneath it, is strict: Content-Length beside Transfer-Encoding, a length twice, bare line
feeds, folded headers and broken chunks are errors of the parser, and end the connection.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from uuid import uuid4

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from engine.serving.corked import Corked
from engine.serving.cycle import Cycle
from engine.serving.request_head import Refused, check_head, check_size, headers_too_large
from engine.serving.route import Connections

access = logging.getLogger("engine.access")

LINGER = 2.0
"""Seconds in which what a refused caller still sends is passed over: to close at once would reset the answer."""

STUCK = 60.0
"""Seconds after which a caller that takes nothing of its answer is hung up on."""

MOST_PIPELINED = 100
"""How many requests of a connection may wait for the answers before theirs."""

FRAMING = frozenset({b"content-length", b"transfer-encoding"})
NO_HTTP = Refused(400, "the bytes are no request of HTTP/1.1")


class Protocol(HttpToolsProtocol):
    """A connection whose request heads are bounded in time, size and number."""

    cycle: Cycle

    def __init__(self, *arguments: Any, connections: Connections, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._limits = connections
        self._is_in_head = False
        self._chunk = 0
        self._head = 0
        """Bytes of the head after the chunk in which it began."""
        self._late: asyncio.TimerHandle | None = None
        self._stuck: asyncio.TimerHandle | None = None
        self._idle_since: float | None = None
        """When the wait for a request began that is under way."""
        self._is_led = False
        """Whether the parser is fed with what it has seen."""
        self._is_over = False
        """Whether what comes in is passed over."""
        self._running: RequestResponseCycle | None = None
        self._refused: Refused | None = None
        """What is answered after the answers before it."""

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.transport = Corked(transport)  # type: ignore[assignment]  # has what uvicorn calls
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._unset_keepalive_if_required()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_over:
            return
        self._idle_since = None
        self._chunk = len(data)
        if self._is_in_head:
            self._head += self._chunk
        try:
            self.parser.feed_data(data)
            if self._is_in_head:
                self._check_unfinished()
        except httptools.HttpParserUpgrade as upgrade:
            self._pass_over_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._refuse(cause if isinstance(cause, Refused) else NO_HTTP)
        except Refused as refused:
            self._refuse(refused)

    def _pass_over_upgrade(self, rest: bytes) -> None:
        """To a protocol that nobody offers: the request is answered as it is (RFC 9110, 7.8).

        The parser takes its body for the other protocol's; a new one is led to where the body begins.
        """
        framing = [b"%s: %s\r\n" % header for header in self.headers if header[0] in FRAMING]
        self.parser = httptools.HttpRequestParser(self)
        if framing:
            self.cycle.more_body = True
            self.cycle.message_event.clear()
            self._is_led = True
            self.parser.feed_data(b"POST / HTTP/1.1\r\n" + b"".join(framing) + b"\r\n")
            self._is_led = False
        if rest:
            self.data_received(rest)

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio reads it, uvicorn says None
        """The caller sends no more: what it sent whole is answered, where its connection can be half open."""
        waits = self.cycle is not None and not self.cycle.response_complete
        if not waits or self.cycle.more_body or self.scheme == "https":
            return False
        self._is_over = True
        self._stop_waiting()
        self.cycle.keep_alive = False
        return True

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reader(self.transport.get_write_buffer_size())

    def _await_reader(self, waiting: int) -> None:
        """Hang up unless the caller takes some of the bytes that wait for it; a slow one gets all of its answer."""

        def look() -> None:
            still = self.transport.get_write_buffer_size()
            if still >= waiting:
                self.transport.abort()
            else:
                self._await_reader(still)

        self._stuck = self.loop.call_later(STUCK, look)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    # A request

    def on_message_begin(self) -> None:
        if not self._is_led:
            self.url, self.headers = b"", []
            self._is_in_head, self._head = True, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._is_in_head:  # a trailer must not pass for a header (RFC 9110, 6.5.1)
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if self._is_led:
            return
        version, method = self.parser.get_http_version(), self.parser.get_method()
        if self._head or self._chunk > self._limits.max_header_size or len(self.headers) > self._limits.max_headers:
            check_size(self.url, self.headers, self._limits)
        check_head(version, method, self.headers)
        if len(self.pipeline) >= MOST_PIPELINED:
            raise Refused(429, "too many requests wait on this connection", "HTTP:TOO_MANY_REQUESTS")
        cycle = Cycle(self, version, method)
        self._is_in_head = False
        if self._late is not None:
            self._stop_waiting()
        is_first = self.cycle is None or self.cycle.response_complete
        self.cycle = cycle
        if is_first:
            self._start_asgi_task(cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def on_body(self, body: bytes) -> None:
        if not self.cycle.response_complete:
            self.cycle.take(body)

    def on_message_complete(self) -> None:
        if not self.cycle.response_complete:
            self.cycle.end()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        task = self.loop.create_task(cycle.run_asgi(app))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._refused is not None:
            self._answer(self._refused)
        else:
            self._be_idle()

    def _check_unfinished(self) -> None:
        """The bounds of a head that has not come whole; the parser holds what is no header yet."""
        check_size(self.url, self.headers, self._limits)
        if self._head > 2 * self._limits.max_header_size:
            raise headers_too_large(self._limits)
        self._await_head()

    # Time

    def _await_head(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(self._limits.header_timeout, self._head_is_late)

    def _be_idle(self) -> None:
        """Wait for the next request. The timer of an earlier wait stays: it looks how long this one is."""
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._look_after(self.timeout_keep_alive)

    def _look_after(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._look_after(left)
        else:
            super().timeout_keep_alive_handler()

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _head_is_late(self) -> None:
        self._late = None
        if not self._is_in_head:
            self.transport.close()
        elif not self._is_over:
            detail = f"the headers did not arrive within {self._limits.header_timeout:g} s"
            self._refuse(Refused(408, detail, "HTTP:REQUEST_TIMEOUT"))

    # Refusing

    def _refuse(self, refused: Refused) -> None:
        """Answer after the requests before; a request whose body is broken is one that its caller gave up."""
        self._is_over = True
        self._stop_waiting()
        if not self._is_in_head and self.cycle is not None:
            if self.pipeline and self.pipeline[0][0] is self.cycle:
                self.pipeline.popleft()
            else:
                return self._break_off(refused)
        if self._is_answering():
            self._refused = refused
        else:
            self._answer(refused)

    def _is_answering(self) -> bool:
        return bool(self.pipeline) or (self._running is not None and not self._running.response_complete)

    def _break_off(self, refused: Refused) -> None:
        cycle = self.cycle
        if cycle.response_started:
            self.transport.close()
        else:
            self._answer(refused)
        cycle.disconnected = True
        cycle.message_event.set()

    def _answer(self, refused: Refused) -> None:
        if self.transport.is_closing():
            return
        correlation_id = str(uuid4())
        self.transport.write(refused.answer(correlation_id, self.server_state.default_headers))
        who = {"correlation_id": correlation_id, "status": refused.status}
        access.info("- - - %d: %s", refused.status, refused.detail, extra=who)
        self._hang_up()

    def _hang_up(self) -> None:
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self.loop.call_later(LINGER, self.transport.close)
        else:
            self.transport.close()
