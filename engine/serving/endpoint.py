"""One path: which flow answers a request, and the line in the log."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter
from typing import NamedTuple

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from engine.core.errors import FlowError
from engine.core.flow import Flow
from engine.serving.answer import Answer, failure, header_lines, problem, success
from engine.serving.request import Headers, Refusal, correlation_id_of, read_event
from engine.serving.route import Route

access = logging.getLogger("engine.access")
log = logging.getLogger("engine")

CLIENT_CLOSED = 499
"""What the log shows for a caller that hung up before its request was whole (nginx's number)."""


class Listener(NamedTuple):
    """A flow behind a path, with how it is answered and the names of the path's parameters."""

    flow: Flow
    route: Route
    parameter_names: tuple[str, ...]


class Endpoint:
    """The ASGI application of one path."""

    def __init__(self, listeners: Sequence[Listener], start: Callable[[], Awaitable[None]]) -> None:
        self._start = start
        self._by_method = {method: each for each in listeners for method in each.route.methods or ()}
        self._otherwise = next((each for each in listeners if each.route.methods is None), None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = perf_counter()
        headers = Headers(scope["headers"])
        correlation_id = correlation_id_of(headers)
        listener = self._by_method.get(scope["method"], self._otherwise)
        try:
            request = Request(scope, receive)
            answer = await self._answer(request, headers, correlation_id, listener)
        except ClientDisconnect:
            answer = None
        except Exception:
            log.exception("unexpected error in the server", extra={"correlation_id": correlation_id})
            answer = Answer(
                500, problem(500, scope["path"], correlation_id), {"content-type": "application/problem+json"}
            )
        if answer is not None:
            await respond(send, answer, correlation_id)
        status = answer.status if answer else CLIENT_CLOSED
        log_request(scope, listener.flow.name if listener else "-", status, began, correlation_id)

    async def _answer(
        self, request: Request, headers: Headers, correlation_id: str, listener: Listener | None
    ) -> Answer:
        try:
            if listener is None:
                allowed = ", ".join(sorted(self._by_method))
                raise Refusal(405, "HTTP:METHOD_NOT_ALLOWED", f"the methods here are {allowed}", {"allow": allowed})
            await self._start()
            return await self._run(request, headers, correlation_id, listener)
        except Refusal as refusal:
            return refused(refusal, request.scope["path"], correlation_id)

    async def _run(self, request: Request, headers: Headers, correlation_id: str, listener: Listener) -> Answer:
        flow, route, names = listener
        uri_params = dict(zip(names, request.path_params.values(), strict=True))
        event = await read_event(request, headers, correlation_id, route.path, uri_params, route.max_body)
        try:
            return await flow.serve(event, lambda after: success(after, route.response))
        except FlowError as error:
            error.event = error.event or event
            return failure(error, route.error_response, request.scope["path"])


def refused(refusal: Refusal, path: str, correlation_id: str) -> Answer:
    """The answer to a request that no flow got to see."""
    body = problem(refusal.status, path, correlation_id, refusal.error_type, refusal.detail)
    return Answer(refusal.status, body, {"content-type": "application/problem+json", **refusal.headers})


async def respond(send: Send, answer: Answer, correlation_id: str) -> None:
    headers = {**answer.headers, "x-correlation-id": correlation_id}
    if answer.status not in (204, 304):
        headers["content-length"] = str(len(answer.body))
    await send({"type": "http.response.start", "status": answer.status, "headers": list(header_lines(headers))})
    await send({"type": "http.response.body", "body": answer.body})


def log_request(scope: Scope, flow: str, status: int, began: float, correlation_id: str) -> None:
    """One line a request."""
    if access.isEnabledFor(logging.INFO):
        milliseconds = (perf_counter() - began) * 1000
        text = "%s %s %s %d %.1f ms"
        who = {"correlation_id": correlation_id, "flow": flow, "status": status, "ms": round(milliseconds, 1)}
        access.info(text, scope["method"], scope["path"], flow, status, milliseconds, extra=who)
