"""One path, and the choice of the flow that answers a request."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from engine.serving.answer import Answer, failure, own_problem, refused, success
from engine.serving.bodies.body import Body, read_body
from engine.serving.bodies.consumed import check_consumed
from engine.serving.conditional import kept_apart, with_entity_tag
from engine.serving.exchange import Exchange
from engine.serving.rate_limit import RateLimit
from engine.serving.replays import Replays
from engine.serving.request import attributes_of, further_attributes_of, has_body
from engine.serving.request_meter import RequestMeter, end_request, shown_request
from engine.serving.route import USUAL_METHODS, Route
from engine.serving.status import CLIENT_CLOSED
from engine.steps.authentication import Caller, begin_request
from engine.steps.error_handler import log_failure
from engine.steps.flow import Flow
from engine.values.errors import FlowError
from engine.values.event import Event
from engine.values.refusal import Refusal
from engine.values.stream import Stream
from engine.wire.certificate import subject_of
from engine.wire.own_server import BrokenStream
from engine.work.spans import Shown, Span
from engine.work.turns import give_turn_after_much

log = logging.getLogger("engine")

NO_BODY = Body(None, b"")


class Listener(NamedTuple):
    """A flow behind a path, with the rules for its answer and the names of the path's parameters.

    replays: the answers that are replayed, if the listener accepts idempotency keys. meter: measures the requests.
    """

    flow: Flow
    route: Route
    parameter_names: Sequence[str]
    replays: Replays | None = None
    meter: RequestMeter | None = None


class Endpoint:
    """The ASGI application of one path."""

    def __init__(self, listeners: Sequence[Listener], start: Callable[[], Awaitable[None]]) -> None:
        self._start = start
        self._by_method = {method: each for each in listeners for method in each.route.methods or ()}
        self._otherwise = next((each for each in listeners if each.route.methods is None), None)
        self._meter = listeners[0].meter
        self._declared = ", ".join(sorted(self._by_method))
        if "GET" in self._by_method:  # RFC 9110, 9.3.2: HEAD is GET without the body
            self._by_method.setdefault("HEAD", self._by_method["GET"])

    @property
    def methods(self) -> Sequence[str]:
        """The methods that the path accepts."""
        return USUAL_METHODS if self._otherwise else tuple(self._by_method)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        exchange = Exchange(scope, receive, send)
        listener = self._by_method.get(exchange.method, self._otherwise)
        if listener is None:
            exchange.meter = self._meter
            return self._respond(exchange, listener, "-")
        name, exchange.meter = listener.flow.name, listener.meter
        if (tracer := listener.flow.runtime.tracer) is not None:
            exchange.span = tracer.enter(_shown, exchange, listener)
        responding = self._respond(exchange, listener, name)
        return responding if exchange.span is None else _recorded(exchange, exchange.span, responding)

    async def _respond(self, exchange: Exchange, listener: Listener | None, name: str) -> None:
        try:
            answer = await self._answer(exchange, listener)
        except ClientDisconnect:
            return exchange.log(name, CLIENT_CLOSED)
        except asyncio.CancelledError:  # the time for the shutdown is over
            if not exchange.status:
                await exchange.answer(own_problem(503, exchange.path, exchange.correlation_id), name)
            if not exchange.is_answered:
                raise BrokenStream from None
            raise
        except BrokenStream:
            raise
        except Exception:
            log.exception("unexpected error in the server", extra={"correlation_id": exchange.correlation_id})
            answer = own_problem(500, exchange.path, exchange.correlation_id)
        if not exchange.status:
            await exchange.answer(answer, name)
        if not exchange.is_answered:  # its deadline passed while it was being sent
            raise BrokenStream

    async def _answer(self, exchange: Exchange, listener: Listener | None) -> Answer:
        try:
            if listener is None:
                return self._without_listener(exchange)
            await self._be_started(exchange)
            flow, route, _, replays, _ = listener
            attributes = _attributes(exchange, listener)
            if route.rate_limit is not None and (limiting := _limit_rate(exchange, route.rate_limit, attributes, flow)):
                await limiting
            _check_room(flow)
            callers = begin_request()
            if certificate := attributes.get("clientCertificate"):  # it identifies the caller first
                callers.append(Caller(None, subject_of(certificate)))
            requests = flow.runtime.requests
            with requests, flow.runtime.under_way:
                event = await _read_event(exchange, route, attributes)
                if route.schema is not None:
                    route.schema.check(event.payload)
                with requests.weigh(event.payload):
                    if replays is not None:
                        return await replays.answer(event, lambda: self._serve(exchange, flow, route, event))
                    return await self._serve(exchange, flow, route, event)
        except Refusal as refusal:
            exchange.tell_refusal(refusal)
            return refused(refusal, exchange.path, exchange.correlation_id)

    def _without_listener(self, exchange: Exchange) -> Answer:
        """Answer OPTIONS with the path's methods; refuse any other method with them (RFC 9110, 9.3.7, 15.5.6)."""
        if exchange.method == "OPTIONS":
            return Answer(204, b"", {"allow": ", ".join(sorted({*self._by_method, "OPTIONS"}))}, is_early=True)
        detail = f"the methods here are {self._declared}"
        raise Refusal(405, "HTTP:METHOD_NOT_ALLOWED", detail, {"allow": self._declared}, is_early=True)

    async def _be_started(self, exchange: Exchange) -> None:
        """Start the application if no lifespan did; if that fails, it is tried again next time."""
        try:
            await self._start()
        except Exception as error:
            is_bug = error.__cause__ is None
            who = {"correlation_id": exchange.correlation_id}
            log.error("the application cannot be started: %s", error, exc_info=is_bug, extra=who)
            raise Refusal(503, "MULE:CONNECTIVITY", "it cannot be started", is_early=True) from error

    async def _serve(self, exchange: Exchange, flow: Flow, route: Route, event: Event) -> Answer:
        accept, secrets = exchange.headers.find("accept", ""), flow.runtime.secrets

        def made(after: Event) -> Answer:
            return kept_apart(success(after, route.response, accept, secrets), exchange.method)

        async def deliver(answer: Answer) -> None:
            """Send the answer; a body that is still being made is sent within the limits of the flow."""
            if not isinstance(answer.body, bytes):
                await exchange.answer(answer, flow.name)

        try:
            answer = await flow.serve(event, made, deliver)
        except FlowError as error:
            error.event = error.event or event
            answer = kept_apart(failure(error, route.error_response, exchange.path, secrets), exchange.method)
            exchange.tell(error, answer.status)
        else:
            answer = with_entity_tag(answer, exchange.method, exchange.headers)
        if isinstance(event.payload, Stream):
            answer.is_early = not event.payload.is_at_end
        return answer


def _shown(exchange: Exchange, listener: Listener) -> Shown:
    return shown_request(listener.route, listener.flow.name, exchange.scope, exchange.correlation_id)


async def _recorded(exchange: Exchange, span: Span, responding: Awaitable[None]) -> None:
    try:
        await responding
    finally:
        end_request(span, exchange.status)


def _attributes(exchange: Exchange, listener: Listener) -> Mapping[str, Any]:
    route, names = listener.route, listener.parameter_names
    attributes = attributes_of(exchange.scope, exchange.headers, route.path, names)
    return attributes | further_attributes_of(exchange.scope, attributes) if route.reads_later else attributes


def _check_room(flow: Flow) -> None:
    """Raise Refusal if the application, or the flow, takes no request now."""
    requests = flow.runtime.requests
    if requests.is_full:
        raise requests.refusal("too many requests are under way")
    flow.check_room()


async def _read_event(exchange: Exchange, route: Route, attributes: Mapping[str, Any]) -> Event:
    """Return the event of a request. Raises Refusal for a body that cannot be read."""
    media_type, body = exchange.headers.find("content-type"), NO_BODY
    is_there = has_body(exchange.scope, exchange.headers)
    if is_there:
        check_consumed(media_type, route.consumes)
    if route.streaming or is_there:
        body = await read_body(exchange.headers, exchange.incoming, media_type, route)
        await give_turn_after_much()  # the flow may begin with just as much work
    if route.keeps_raw:
        attributes = {**attributes, "rawBody": body.raw}
    who = exchange.correlation_id
    return Event(payload=body.payload, attributes=attributes, correlation_id=who, media_type=media_type)


def _limit_rate(
    exchange: Exchange, rate_limit: RateLimit, attributes: Mapping[str, Any], flow: Flow
) -> Awaitable[None] | None:
    """Raise Refusal for one request too many, or return what finds that out; the answer reports how many are left."""
    event = Event(attributes=attributes, correlation_id=exchange.correlation_id)
    client = exchange.scope.get("client")
    address = client[0] if client else ""
    if rate_limit.home is not None:
        return _limit_everywhere(
            exchange, rate_limit.admit_everywhere(event, address, rate_limit.home, flow.name), event
        )
    try:
        exchange.headers_beside = rate_limit.admit(event, address, flow.runtime.clock)
    except Refusal:
        raise
    except FlowError as failure:
        raise _not_counted(failure, event) from failure
    return None


async def _limit_everywhere(exchange: Exchange, admitting: Awaitable[Mapping[str, str]], event: Event) -> None:
    try:
        exchange.headers_beside = await admitting
    except Refusal:
        raise
    except FlowError as failure:
        raise _not_counted(failure, event) from failure


def _not_counted(failure: FlowError, event: Event) -> Refusal:
    """Return the refusal of a request whose key cannot be evaluated, after logging that."""
    failure.event = event
    log_failure(failure)
    return Refusal(500, failure.type, failure.description, is_early=True)
