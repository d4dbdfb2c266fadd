"""The route of a source: how HTTP requests start its flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from engine.content.csv_options import USUAL, CsvOptions
from engine.parameters.element import Parameters
from engine.parameters.expression import Template
from engine.serving.cors import Cors
from engine.serving.idempotency import Idempotency
from engine.serving.rate_limit import RateLimit
from engine.steps.flow import Flow
from engine.steps.processor import Source
from engine.wire.connections import DEFAULT, Connections
from engine.work.measures import Measures

USUAL_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
"""The methods reported for a source that names none; it accepts any."""


class HttpResponse(Parameters):
    """How an answer is made from the event; anything left out follows the rules of the listener."""

    status_code: Template | None = None
    """The status, 200 to 599: a whole number, or its digits as a text. Null counts as left out."""

    headers: Template | None = None
    """A map of headers; they win over `vars.outboundHeaders`."""

    body: Template | None = None
    """The body; the payload, if left out."""

    reason_phrase: Template | None = None
    """The text behind the status; that of the status, if left out. HTTP/2, and servers other than ours, have none."""


class BodySchema(Protocol):
    """A JSON Schema that request bodies must fit."""

    @property
    def documents(self) -> Mapping[str, Any]:
        """Return the documents that it consists of by URI, its own first."""

    def check(self, payload: Any) -> None:
        """Raise Refusal for a body that does not fit."""


@dataclass(frozen=True)
class Limits:
    """Limits on the cost of one request before its flow begins.

    max_body: bytes, also after inflating a compressed body.
    read_timeout: seconds in which the whole body must arrive.
    """

    max_body: int
    read_timeout: float


@dataclass(frozen=True)
class Route:
    """Which requests are accepted, and how they are answered.

    path: with `{name}` for a segment and a trailing `*` for the rest.
    methods: None for all.
    streaming: whether a body of records comes as a Stream.
    schema: the schema of bodies.
    keeps_raw: whether attributes hold the body's bytes. is_raw: whether they are the payload, unread.
    reads_later: whether the flow's expressions read XML, CSV, forms and the like by themselves.
    consumes: the media types that bodies may have, `text/*` among them; none means any.
    csv: how CSV is written. api_docs: whether the address describes its API; None: it depends on the address.
    """

    host: str
    port: int
    path: str
    methods: frozenset[str] | None
    limits: Limits
    response: HttpResponse
    error_response: HttpResponse
    streaming: bool = False
    connections: Connections = DEFAULT
    cors: Cors | None = None
    rate_limit: RateLimit | None = None
    idempotency: Idempotency | None = None
    schema: BodySchema | None = None
    api_docs: bool | None = None
    consumes: tuple[str, ...] = ()
    keeps_raw: bool = False
    is_raw: bool = False
    reads_later: bool = False
    csv: CsvOptions = USUAL


class HttpSource(Source):
    """The base of sources that HTTP requests start."""

    tells_failures = True

    @property
    def flow(self) -> Flow | None:
        """The flow that it starts; None before all flows are loaded."""
        flows = (each for each in self.runtime.flows.values() if isinstance(each, Flow))
        return next((each for each in flows if each.source is self), None)

    def route(self) -> Route:
        raise NotImplementedError

    @property
    def keeps_bytes(self) -> bool:
        """Whether its events have the bytes of the bodies, read or not."""
        route = self.route()
        return route.keeps_raw or route.is_raw

    def measure(self, measures: Measures, place: str) -> None:
        super().measure(measures, place)
        route = self.route()
        for rules in (route.rate_limit, route.idempotency):
            if rules is not None:
                rules.measure(measures, place)

    def starts_at(self) -> str:
        route = self.route()
        methods = ",".join(sorted(route.methods)) if route.methods else "*"
        return f"{methods} {route.path} at {route.host}:{route.port}"
