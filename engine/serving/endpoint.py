"""One path: which flow answers a request, and the line in the log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from time import perf_counter
from typing import NamedTuple

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from engine.core.errors import FlowError
from engine.core.flow import Flow
from engine.serving.answer import PROBLEM, Answer, failure, header_lines, problem, success
from engine.serving.request import Headers, Refusal, correlation_id_of, read_event
from engine.serving.route import Route

access = logging.getLogger("engine.access")
log = logging.getLogger("engine")

CLIENT_CLOSED = 499
"""What the log shows for a caller that hung up before its request was whole (nginx's number)."""

LONGEST_LINGER = 10.0
"""Seconds in which the rest of a body is passed over after a refusal."""


class Listener(NamedTuple):
    """A flow behind a path, with how it is answered, and Starlette's names of the path's parameters with ours."""

    flow: Flow
    route: Route
    parameter_names: Mapping[str, str]


class Endpoint:
    """The ASGI application of one path."""

    def __init__(self, listeners: Sequence[Listener], start: Callable[[], Awaitable[None]]) -> None:
        self._start = start
        self._by_method = {method: each for each in listeners for method in each.route.methods or ()}
        self._otherwise = next((each for each in listeners if each.route.methods is None), None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, send)
        listener = self._by_method.get(scope["method"], self._otherwise)
        name = listener.flow.name if listener else "-"
        try:
            answer = await self._answer(exchange, listener)
        except ClientDisconnect:
            return log_request(exchange, name, CLIENT_CLOSED)
        except asyncio.CancelledError:  # the time to shut down is over
            await exchange.answer(_own_problem(exchange, 503), name)
            raise
        except Exception:
            log.exception("unexpected error in the server", extra={"correlation_id": exchange.correlation_id})
            answer = _own_problem(exchange, 500)
        await exchange.answer(answer, name)

    async def _answer(self, exchange: Exchange, listener: Listener | None) -> Answer:
        try:
            if listener is None:
                allowed = ", ".join(sorted(self._by_method))
                detail = f"the methods here are {allowed}"
                raise Refusal(405, "HTTP:METHOD_NOT_ALLOWED", detail, {"allow": allowed}, is_early=True)
            await self._be_started(exchange)
            return await self._run(exchange, listener)
        except Refusal as refusal:
            return refused(refusal, exchange)

    async def _be_started(self, exchange: Exchange) -> None:
        """Start the application where no lifespan did; one that cannot be started is tried again next time."""
        try:
            await self._start()
        except Exception as error:
            is_bug = error.__cause__ is None
            who = {"correlation_id": exchange.correlation_id}
            log.error("the application cannot be started: %s", error, exc_info=is_bug, extra=who)
            raise Refusal(503, "MULE:CONNECTIVITY", "", is_early=True) from error

    async def _run(self, exchange: Exchange, listener: Listener) -> Answer:
        flow, route, names = listener
        request = Request(exchange.scope, exchange.receive)
        uri_params = {name: request.path_params[key] for key, name in names.items()}
        event = await read_event(
            request, exchange.headers, exchange.correlation_id, route.path, uri_params, route.max_body
        )
        try:
            return await flow.serve(event, lambda after: success(after, route.response))
        except FlowError as error:
            error.event = error.event or event
            return failure(error, route.error_response, exchange.path)


class Exchange:
    """A request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.began = perf_counter()
        self.scope, self.receive, self.send = scope, receive, send
        self.path: str = scope["path"]
        self.headers = Headers(scope["headers"])
        self.correlation_id = correlation_id_of(self.headers)

    async def answer(self, answer: Answer, flow: str) -> None:
        """Send the answer and log it."""
        headers = {**answer.headers, "x-correlation-id": self.correlation_id}
        if answer.status not in (204, 304):
            headers["content-length"] = str(len(answer.body))
        waits = answer.is_early and "expect" in self.headers  # with the body, for our leave to send it
        if waits:
            headers["connection"] = "close"
        await self.send(
            {"type": "http.response.start", "status": answer.status, "headers": list(header_lines(headers))}
        )
        lingers = answer.is_early and not waits
        await self.send({"type": "http.response.body", "body": answer.body, "more_body": lingers})
        log_request(self, flow, answer.status)
        if lingers:
            await self._drain()
            await self.send({"type": "http.response.body", "body": b""})

    async def _drain(self) -> None:
        """Pass over the rest of the body: to close before its end would reset the connection under the answer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_LINGER):
                while (await self.receive()).get("more_body"):
                    pass


def refused(refusal: Refusal, exchange: Exchange) -> Answer:
    """The answer to a request that no flow got to see."""
    body = problem(refusal.status, exchange.path, exchange.correlation_id, refusal.error_type, refusal.detail)
    return Answer(refusal.status, body, {"content-type": PROBLEM, **refusal.headers}, refusal.is_early)


def _own_problem(exchange: Exchange, status: int) -> Answer:
    body = problem(status, exchange.path, exchange.correlation_id)
    return Answer(status, body, {"content-type": PROBLEM})


def log_request(exchange: Exchange, flow: str, status: int) -> None:
    """One line a request."""
    if access.isEnabledFor(logging.INFO):
        milliseconds = (perf_counter() - exchange.began) * 1000
        text = "%s %s %s %d %.1f ms"
        who = {
            "correlation_id": exchange.correlation_id,
            "flow": flow,
            "status": status,
            "ms": round(milliseconds, 1),
        }
        access.info(text, exchange.scope["method"], exchange.path, flow, status, milliseconds, extra=who)
