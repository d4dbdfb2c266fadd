"""What a source says when HTTP requests start its flow."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.element import Parameters
from engine.core.expression import Template
from engine.core.processor import Source


class HttpResponse(Parameters):
    """How an answer is made of the event; what is left out follows the rules of the listener."""

    status_code: Template | None = None
    """The status, 200 to 599."""

    headers: Template | None = None
    """A map of headers; they win over `vars.outboundHeaders`."""

    body: Template | None = None
    """The body; the payload, if left out."""


@dataclass(frozen=True)
class Limits:
    """What one request may cost before its flow begins.

    max_body: bytes, those too that a compressed body inflates to.
    read_timeout: seconds until the whole body must be there.
    """

    max_body: int
    read_timeout: float


@dataclass(frozen=True)
class Route:
    """Where requests come in, and how they are answered.

    path: with `{name}` for a segment and a trailing `*` for all that follows.
    methods: None for all.
    """

    host: str
    port: int
    path: str
    methods: frozenset[str] | None
    limits: Limits
    response: HttpResponse
    error_response: HttpResponse


class HttpSource(Source):
    """The base of sources that HTTP requests start."""

    def route(self) -> Route:
        raise NotImplementedError
