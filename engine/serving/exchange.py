"""A request and its answer, over the connection and in the log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import suppress
from time import perf_counter
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from engine.limits import LONGEST_LINGER
from engine.serving.answer import BODILESS, Answer
from engine.serving.bodies.incoming import Incoming
from engine.serving.headers import Headers
from engine.serving.request import correlation_id_of
from engine.serving.request_meter import RequestMeter
from engine.serving.status import CLIENT_CLOSED, hung_up
from engine.steps.error_handler import log_unsilenced
from engine.values.errors import FLOW_BACK_PRESSURE, UNKNOWN, FlowError
from engine.values.refusal import Refusal
from engine.values.status import is_callers, status_of
from engine.values.tracing import continue_trace, trace_fields
from engine.wire.access_log import access, access_log
from engine.wire.own_server import CONNECTION, HELD, BrokenStream, answerable
from engine.work.spans import Span

log = logging.getLogger("engine")


class Exchange:
    """A request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.began = perf_counter()
        self.scope, self.send = scope, send
        self._request = answerable(send)
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers = Headers(scope["headers"])
        self.correlation_id = correlation_id_of(self.headers)
        continue_trace(self.headers.find("traceparent"), self.headers.find("tracestate", ""))
        self.status = 0
        """The status of the answer, once it has begun."""
        self.is_answered = False
        """Whether the answer has been sent to its end."""
        self.headers_beside: Mapping[str, str] = {}
        """Headers of any answer, in addition to its own."""
        self._refused_because = ""
        """The error as text, for the log line of the request. The error itself would keep the body in memory, through
        its traceback, until the garbage collector runs."""
        self.meter: RequestMeter | None = None
        """Measures the request, once its route is known."""
        self.span: Span | None = None
        """The span of the request, if its trace is recorded."""
        self._error_type = ""
        """The type of the error, if there was one."""
        self.incoming = Incoming(receive, scope.get(HELD))
        """The request's body."""

    async def answer(self, answer: Answer, flow: str) -> None:
        """Send the answer and log it, without the body if the request is HEAD."""
        headers = {**self.headers_beside, **answer.headers, "x-correlation-id": self.correlation_id}
        body = answer.body
        is_early = answer.is_early and not self.incoming.is_at_end and not self._is_on_our_server
        waits = is_early and "expect" in self.headers  # for our permission to send the body
        if waits:
            headers["connection"] = "close"
        if not isinstance(body, bytes):
            first = await anext(body, b"")  # an error before it is answered like any other
            await self._begin(answer, headers)
            return await self._stream(first, body, flow)
        if answer.status not in BODILESS:
            headers["content-length"] = str(len(body))
        if self._request is None or not self._request.answer(answer.status, _lines(headers), body, answer.reason):
            return await self._send(answer, headers, body, flow, lingers=is_early and not waits)
        self.status, self.is_answered = answer.status, True
        self.log(flow)

    async def _send(self, answer: Answer, headers: dict[str, Any], body: bytes, flow: str, *, lingers: bool) -> None:
        """Send an answer as ASGI's messages. lingers: whether the caller may still be sending its body."""
        await self._begin(answer, headers)
        body = b"" if self.method == "HEAD" else body
        await self.send({"type": "http.response.body", "body": body, "more_body": lingers})
        self.is_answered = True
        self.log(flow)
        if lingers:
            await self._drain()
            await self.send({"type": "http.response.body", "body": b""})

    @property
    def _is_on_our_server(self) -> bool:
        """Return whether the connection itself discards input after an answer."""
        return CONNECTION in self.scope

    def _begin(self, answer: Answer, headers: dict[str, Any]) -> Awaitable[None]:
        self.status = answer.status
        start: Message = {"type": "http.response.start", "status": answer.status, "headers": _lines(headers)}
        if answer.reason is not None:
            start["reason"] = answer.reason  # not part of ASGI: our own protocol reads it, others ignore it
        return self.send(start)

    async def _stream(self, first: bytes, chunks: AsyncIterator[bytes], flow: str) -> None:
        """Send chunks as they arrive."""
        status = self.status
        try:
            if self.method != "HEAD":
                await self._send_portion(first)
                async for chunk in chunks:
                    await self._send_portion(chunk)
        except FlowError as failure:
            self.tell(failure, status_of(failure))
            status = CLIENT_CLOSED if isinstance(failure, Refusal) and failure.status == CLIENT_CLOSED else status
            raise BrokenStream from failure
        except Exception as error:
            self._error_type = str(UNKNOWN)
            log.exception("an answer broke off", extra={"correlation_id": self.correlation_id, "flow": flow})
            raise BrokenStream from error
        finally:
            self.log(flow, status)
        await self.send({"type": "http.response.body", "body": b""})
        self.is_answered = True

    async def _send_portion(self, portion: bytes) -> None:
        """Send some of the body. Raises `hung_up` if the caller is gone: a server may accept it silently."""
        try:
            await self.send({"type": "http.response.body", "body": portion, "more_body": True})
        except OSError:
            raise hung_up() from None
        if self._is_on_our_server and self.scope[CONNECTION].is_closing():
            raise hung_up()

    async def _drain(self) -> None:
        """Discard the rest of the body: closing before its end would reset the connection during the answer."""
        with suppress(TimeoutError, ClientDisconnect):
            async with asyncio.timeout(LONGEST_LINGER):
                while not self.incoming.is_at_end:
                    await self.incoming.part()

    def tell(self, failure: FlowError, status: int) -> None:
        """Log an error that is answered with this status. Errors that are the caller's fault, and those for lack of
        room, go into the line of the request, because there may be many of them."""
        self._error_type = str(failure.type)
        self._record(failure, status)
        if not is_callers(status) and failure.type != FLOW_BACK_PRESSURE:
            log_unsilenced(failure)
        elif not failure.logged and not failure.silenced:
            self._tell_in_line(failure)

    def tell_refusal(self, refusal: Refusal) -> None:
        """Tell of a request that was refused before its flow."""
        self._record(refusal, refusal.status)
        self._tell_in_line(refusal)

    def _tell_in_line(self, failure: FlowError) -> None:
        """Add an error to the log line of the request."""
        self._error_type, self._refused_because = str(failure.type), f" {failure.for_log}"

    def _record(self, failure: FlowError, status: int) -> None:
        """Add an error to the span of the request: by the conventions it failed if the error is not the caller's."""
        if self.span is not None:
            tell = self.span.failed if status >= 500 else self.span.about
            tell(failure)

    def log(self, flow: str, status: int = 0) -> None:
        """Measure the request, and log one line for it, if the access log keeps it."""
        seconds = perf_counter() - self.began
        status = status or self.status
        if self.meter is not None:
            self.meter.measure(self.method, status, seconds)
        if not access.isEnabledFor(logging.INFO):
            return
        milliseconds = seconds * 1000
        if access_log.keeps(status, milliseconds, has_failed=bool(self._error_type)):
            told = self.method, self.path, flow, status, milliseconds, self._refused_because
            access.info("%s %s %s %d %.1f ms%s", *told, extra=self._log_fields(flow, status, milliseconds))

    def _log_fields(self, flow: str, status: int, milliseconds: float) -> dict[str, Any]:
        """Return the `extra` of the line of the request."""
        fields = {"correlation_id": self.correlation_id, "flow": flow, "status": status, "ms": round(milliseconds, 1)}
        fields |= {"method": self.method, "path": self.path, **trace_fields()}
        return fields | {"error_type": self._error_type} if self._error_type else fields


def _lines(headers: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """Return headers in ASGI's form."""
    lines = []
    for name, value in headers.items():
        if isinstance(value, list):
            lines += [(name.encode("latin-1"), each.encode("latin-1")) for each in value]
        else:
            lines.append((name.encode("latin-1"), value.encode("latin-1")))
    return lines
