"""From an event, or an error, to the answer of an HTTP request."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from engine.core.errors import CRITICAL, EXPRESSION, TRANSFORMATION, VALIDATION, FlowError
from engine.core.event import STATUS, Event
from engine.core.expression import Template
from engine.core.media import is_json
from engine.expressions.appended import Appended
from engine.expressions.writing import encode, to_text
from engine.serving.charset import charset_of
from engine.serving.route import HttpResponse

log = logging.getLogger("engine")

JSON = "application/json"
PROBLEM = "application/problem+json"
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
UNWRITABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")
FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "trailer", "te"})
UNENCODABLE = (TypeError, ValueError, NotImplementedError, RecursionError)
"""What writing a value raises."""
BODILESS = frozenset({204, 205, 304})


@dataclass
class Answer:
    """A status, headers by lower-case name (a list of values is several headers), a body.

    is_early: whether the caller may still be sending its body.
    """

    status: int
    body: bytes = b""
    headers: dict[str, Any] = field(default_factory=dict)
    is_early: bool = False


def success(event: Event, response: HttpResponse) -> Answer:
    """The answer of a flow that succeeded.

    Raises MULE:EXPRESSION for a status that is none of 200–599 and for a header with CR, LF or
    another control character; MULE:TRANSFORMATION for a payload that cannot be written.
    """
    given = response.status_code.evaluate(event) if response.status_code else event.vars.get(STATUS, 200)
    status = _status(given)
    if status is None:
        raise FlowError(EXPRESSION, "the status of the answer is no number from 200 to 599")
    headers = _headers(event, response.headers)
    body, media_type = _body(event, response.body)
    return _with_body(status, headers, body, media_type)


def failure(error: FlowError, response: HttpResponse, instance: str) -> Answer:
    """The answer of a flow that failed: what on-error-propagate chains assigned, else problem+json."""
    assert error.event is not None  # a chain or the flow has seen it
    event = error.event.with_error(error)
    status = _failure_status(error, event, response)
    headers = _attempt(event, lambda: _headers(event, response.headers), {})
    if status == HTTPStatus.SERVICE_UNAVAILABLE and CRITICAL in error.type.lineage:
        headers.setdefault("retry-after", "1")
    if response.body is not None or error.answer.has_body:
        written = _attempt(event, lambda: _body(event, response.body), None)
        if written is not None:
            return _with_body(status, headers, *written)
    body = problem(status, instance, event.correlation_id, str(error.type), error.description)
    return _with_body(status, headers, body, PROBLEM)


def problem(status: int, instance: str, correlation_id: str, error_type: str = "", detail: str = "") -> bytes:
    """A body of RFC 9457; with a 5xx it tells nothing of what happened inside."""
    title = HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else "Error"
    members: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    if status < 500:
        members |= {"detail": detail, "errorType": error_type}
    else:
        members["detail"] = "The request could not be processed; the correlation id finds it in the log."
    return encode(members | {"instance": quote(instance, errors="replace"), "correlationId": correlation_id})


# Status


def _status(value: Any) -> int | None:
    """A status of 200 to 599, from a number or a text. 1xx would leave the caller waiting."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 10:
        value = int(value)
    return value if type(value) is int and 200 <= value <= 599 else None


def _failure_status(error: FlowError, event: Event, response: HttpResponse) -> int:
    if response.status_code is not None:
        given = _attempt(event, lambda: response.status_code and response.status_code.evaluate(event), None)
    elif error.answer.has_status:
        given = error.answer.status
    else:
        return status_of(error)
    status = _status(given)
    if status is None or status < 400:
        who = event.log_fields()
        log.warning("the status of the error answer is no number from 400 to 599; it is ignored", extra=who)
        return status_of(error)
    return status


def status_of(error: FlowError) -> int:
    """The status of an error for which nobody assigned one (language.md, "HTTP": the ordered table)."""
    lineage = error.type.lineage
    identifiers = {error_type.identifier for error_type in lineage}
    if "COMPOSITE_ROUTING" in identifiers:
        shared = {status_of(child) for child in error.child_errors}
        return shared.pop() if len(shared) == 1 else 500
    if "TIMEOUT" in identifiers:
        return 504
    if "CONNECTIVITY" in identifiers or lineage[-1] == CRITICAL:
        return 503
    if error.type.namespace == "HTTP":
        return 502
    if str(error.type) == "MULE:DUPLICATE_MESSAGE":
        return 409
    if VALIDATION in lineage or str(error.type) == "JSON:SCHEMA_NOT_HONOURED":
        return 400
    return 500


# Headers


def _headers(event: Event, own: Template | None) -> dict[str, Any]:
    headers = _checked(event.vars.get("outboundHeaders"))
    return headers | _checked(own.evaluate(event)) if own else headers


def _checked(headers: Any) -> dict[str, Any]:
    """Headers by lower-case name, as text; null ones are left out."""
    if headers is None:
        return {}
    if not isinstance(headers, Mapping):
        raise FlowError(EXPRESSION, "the headers of the answer are no map")
    return {_name(name): _values(value) for name, value in headers.items() if value is not None}


def _name(name: Any) -> str:
    if not isinstance(name, str) or TOKEN.fullmatch(name) is None or name.lower() in FRAMING:
        raise FlowError(EXPRESSION, "a header of the answer has a name that a flow cannot set")
    return name.lower()


def _values(value: Any) -> str | list[str]:
    """A header's value; a list is several headers of the name."""
    if isinstance(value, (list, tuple, Appended)):
        return [_value(each) for each in value if each is not None]
    return _value(value)


def _value(value: Any) -> str:
    try:
        text = to_text(value).strip(" \t")
    except UNENCODABLE as error:
        raise FlowError(EXPRESSION, "a header of the answer cannot be written as text", cause=error) from error
    if UNWRITABLE.search(text):
        raise FlowError(EXPRESSION, "a header of the answer holds a character that no header may hold")
    return text


# Body


def _body(event: Event, own: Template | None) -> tuple[bytes, str | None]:
    """Bytes and media type of the body; of null there is none."""
    payload, media_type = (event.payload, event.media_type) if own is None else (own.evaluate(event), None)
    if payload is None:
        return b"", None
    if isinstance(payload, (bytes, bytearray)):
        return bytes(payload), _value(media_type or "application/octet-stream")
    if isinstance(payload, str) and not is_json(media_type):
        media_type = media_type if media_type and _is_text(media_type) else "text/plain; charset=utf-8"
        return _in_charset(payload, media_type), _value(media_type)
    media_type = media_type if media_type and is_json(media_type) else JSON
    try:
        text = encode(payload)
    except UNENCODABLE as error:
        raise FlowError(TRANSFORMATION, "the payload cannot be written as JSON", cause=error) from error
    return text if media_type == JSON else _in_charset(text.decode(), media_type), _value(media_type)


def _in_charset(text: str, media_type: str) -> bytes:
    """A text as its media type says that it is written."""
    try:
        return text.encode(charset_of(media_type))
    except (LookupError, UnicodeError) as error:
        raise FlowError(TRANSFORMATION, "the payload cannot be written in its charset", cause=error) from error


def _is_text(media_type: str) -> bool:
    """Whether a media type may label a text: not what came in with a form or as bytes."""
    return media_type.lower().startswith(("text/", "application/xml", "application/yaml"))


def _with_body(status: int, headers: dict[str, Any], body: bytes, media_type: str | None) -> Answer:
    if status in BODILESS:
        return Answer(status, b"", headers)
    if media_type:
        headers.setdefault("content-type", media_type)
    return Answer(status, body, headers)


def _attempt(event: Event, make: Any, otherwise: Any) -> Any:
    """What `make` gives; on the way to an error's answer, a second error is logged and passed over."""
    try:
        return make()
    except FlowError as error:
        log.error("while an error was answered: %s", error, extra=event.log_fields())
        return otherwise


def header_lines(headers: Mapping[str, Any]) -> Iterable[tuple[bytes, bytes]]:
    """Headers as ASGI wants them."""
    for name, value in headers.items():
        for each in value if isinstance(value, list) else [value]:
            yield name.encode("latin-1"), each.encode("latin-1")
