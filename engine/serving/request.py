"""From an HTTP request to an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from starlette.requests import Request

from engine.core.event import Event
from engine.core.refusal import Refusal
from engine.serving.body import read_payload
from engine.serving.content import ContentError, grouped, pairs
from engine.serving.headers import Headers
from engine.serving.route import Limits

LONGEST_CORRELATION_ID = 128


def correlation_id_of(headers: Headers) -> str:
    """The caller's X-Correlation-ID where it is at most 128 printable characters, else a new one."""
    given = headers.get("x-correlation-id", "")
    if 0 < len(given) <= LONGEST_CORRELATION_ID and given.isascii() and given.isprintable():
        return str(given)
    return str(uuid4())


async def read_event(
    request: Request,
    headers: Headers,
    correlation_id: str,
    listener_path: str,
    uri_params: Mapping[str, str],
    limits: Limits,
) -> Event:
    """The event of a request. Raises Refusal for a body or a query that cannot be read."""
    media_type = headers.get("content-type")
    attributes = _attributes(request, headers, listener_path, uri_params)
    return Event(
        payload=await read_payload(request, media_type, limits),
        attributes=attributes,
        correlation_id=correlation_id,
        media_type=media_type,
    )


def _attributes(
    request: Request, headers: Headers, listener_path: str, uri_params: Mapping[str, str]
) -> dict[str, Any]:
    scope = request.scope
    query = scope["query_string"].decode("latin-1")
    try:
        parameters = pairs(query, "the query")
    except ContentError as error:
        raise Refusal(400, "HTTP:BAD_REQUEST", str(error), is_early=True) from None
    client = scope.get("client")
    return {
        "method": scope["method"],
        "listenerPath": listener_path,
        "requestPath": scope["path"],
        "queryString": query,
        "queryParams": dict(parameters),
        "queryParamsAll": grouped(parameters),
        "uriParams": dict(uri_params),
        "headers": headers,
        "remoteAddress": f"{client[0]}:{client[1]}" if client else None,
        "scheme": scope["scheme"],
        "version": f"HTTP/{scope['http_version']}",
    }
