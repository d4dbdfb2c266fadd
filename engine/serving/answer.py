"""Makes the answer to an HTTP request from an event or an error."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

from engine.content.bodies import BYTES, ContentError, write_content
from engine.content.negotiation import write_accepted
from engine.content.problem import PROBLEM, problem
from engine.serving.headers import checked_headers, header_value, headers_of
from engine.serving.route import HttpResponse
from engine.serving.sending import sent, stream_type
from engine.values.errors import CRITICAL, EXPRESSION, TRANSFORMATION, FlowError
from engine.values.event import STATUS, Event
from engine.values.media import own_media_type
from engine.values.refusal import Refusal
from engine.values.secrets import Secrets
from engine.values.spooled import Spooled
from engine.values.status import status_in, status_of
from engine.values.stream import Stream

log = logging.getLogger("engine")

T = TypeVar("T")
NONE = Secrets()

ANSWER = "the answer"
"""The owner of the headers, in messages."""

Body = bytes | AsyncIterator[bytes]

BODILESS = frozenset({204, 205, 304})
"""Statuses without a body."""


@dataclass
class Answer:
    """A status, headers by lower-case name (a list of values is several headers), a body.

    body: its bytes, or the iterator that yields them while they are sent.
    is_early: whether the caller may still be sending its body.
    reason: another reason phrase than that of the status.
    """

    status: int
    body: Body = b""
    headers: dict[str, Any] = field(default_factory=dict)
    is_early: bool = False
    reason: bytes | None = None


def success(event: Event, response: HttpResponse, accept: str = "", secrets: Secrets = NONE) -> Answer:
    """Return the answer of a flow that succeeded.

    accept: the caller's Accept header, for a payload whose media type the flow leaves open. secrets: hidden in what is
    told of an error that ends a stream.
    Raises MULE:EXPRESSION for a status outside 200–599 and for a header with CR, LF or
    another control character; MULE:TRANSFORMATION for a payload that cannot be written;
    HTTP:NOT_ACCEPTABLE for one that cannot be written in a type that the caller accepts.
    """
    given = response.status_code.evaluate(event) if response.status_code else None
    if given is None:
        given = event.vars.get(STATUS)
    status = 200 if given is None else status_in(given)
    if status is None:
        raise FlowError(EXPRESSION, "the status of the answer is no number from 200 to 599")
    headers = _headers(event, response)
    body: tuple[Body, str | None] = b"", None
    if status not in BODILESS:
        body = _body(event, response, headers.get("content-type"), accept, secrets)
    return _with_body(status, headers, *body, reason=_reason(event, response))


def failure(error: FlowError, response: HttpResponse, instance: str, secrets: Secrets) -> Answer:
    """Return the answer of a flow that failed: the one on-error-propagate chains assigned, otherwise problem+json.

    secrets: hidden in what is told of the error, not in a body that the flow made.
    """
    assert error.event is not None  # a chain or the flow has seen it
    event = error.event.with_error(error)
    status = _failure_status(error, event, response)
    headers: dict[str, Any] = _attempt(event, lambda: _headers(event, response), {})
    if isinstance(error, Refusal):
        headers = error.headers | headers
    if status == HTTPStatus.SERVICE_UNAVAILABLE and CRITICAL in error.type.lineage:
        headers.setdefault("retry-after", "1")
    reason = _attempt(event, lambda: _reason(event, response), None)
    if response.body is not None or error.answer.has_body:
        written = _attempt(event, lambda: _body(event, response, headers.get("content-type"), "", secrets), None)
        if written is not None:
            return _with_body(status, headers, *written, reason=reason)
    members = error.members if isinstance(error, Refusal) else None
    description = secrets.hide(error.description)
    body = problem(status, instance, event.correlation_id, str(error.type), description, secrets.hide_in(members))
    return _with_body(status, headers, body, PROBLEM, reason=reason)


def refused(refusal: Refusal, path: str, correlation_id: str) -> Answer:
    """Return the answer to a request that did not reach a flow."""
    body = problem(refusal.status, path, correlation_id, str(refusal.type), refusal.description, refusal.members)
    return Answer(refusal.status, body, {"content-type": PROBLEM, **refusal.headers}, refusal.is_early)


def own_problem(status: int, path: str, correlation_id: str) -> Answer:
    """Return the answer to a request about which there is nothing more to say."""
    return Answer(status, problem(status, path, correlation_id), {"content-type": PROBLEM})


def _failure_status(error: FlowError, event: Event, response: HttpResponse) -> int:
    given = _attempt(event, lambda: response.status_code and response.status_code.evaluate(event), None)
    if given is None:
        given = error.answer.status
    if given is None:
        return status_of(error)
    status = status_in(given)
    if status is None or status < 400:
        who = event.log_fields()
        log.warning("the status of the error answer is no number from 400 to 599; it is ignored", extra=who)
        return status_of(error)
    return status


def _headers(event: Event, response: HttpResponse) -> dict[str, Any]:
    """Return the headers that the flow sets: `vars.outboundHeaders`, and the response's own, which win."""
    headers = checked_headers(event.vars.get("outboundHeaders"), ANSWER)
    return headers | headers_of(response.headers, event, ANSWER) if response.headers else headers


def _reason(event: Event, response: HttpResponse) -> bytes | None:
    """Return the reason phrase that the response sets."""
    if response.reason_phrase is None:
        return None
    return header_value(response.reason_phrase.evaluate(event), ANSWER).encode("latin-1")


def _body(
    event: Event, response: HttpResponse, labelled: str | None, accept: str, secrets: Secrets
) -> tuple[Body, str | None]:
    """Return the body and its media type; labelled: the Content-Type that the flow sets by itself."""
    payload, media_type = event.payload, event.media_type
    if response.body is not None:
        payload = response.body.evaluate(event)
        media_type = response.body.media_type or own_media_type(payload)
    media_type = labelled or media_type
    if isinstance(payload, Stream):
        return _stream(payload, stream_type(media_type, accept), event, secrets)
    if isinstance(payload, Spooled):
        return payload.portions(), header_value(media_type or BYTES, ANSWER)
    try:
        if not media_type:
            return write_accepted(payload, accept)
        body, media_type = write_content(payload, media_type)
    except ContentError as error:
        raise FlowError(TRANSFORMATION, str(error), cause=error) from error
    return body, media_type and header_value(media_type, ANSWER)


def _stream(stream: Stream, media_type: str, event: Event, secrets: Secrets) -> tuple[Body, str]:
    def told(failure: FlowError) -> bytes:
        description = secrets.hide(failure.description)
        return problem(status_of(failure), "", event.correlation_id, str(failure.type), description)

    return sent(stream, media_type, told), header_value(media_type, ANSWER)


def _with_body(
    status: int, headers: dict[str, Any], body: Body, media_type: str | None, *, reason: bytes | None
) -> Answer:
    if media_type:
        headers.setdefault("content-type", media_type)
    return Answer(status, body, headers, reason=reason)


def _attempt(event: Event, make: Callable[[], T], otherwise: T) -> T:
    """Return the result of `make`; while answering an error, a second error is logged and `otherwise` is returned."""
    try:
        return make()
    except FlowError as error:
        log.error("while an error was answered: %s", error, extra=event.log_fields())
        return otherwise
