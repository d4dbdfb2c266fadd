"""Makes an event from an HTTP request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.types import Scope

from engine.content.bodies import ContentError, grouped, pairs
from engine.limits import LONGEST_CORRELATION_ID
from engine.serving.headers import Headers
from engine.serving.path_route import PATH_VALUES, raw_path_of
from engine.values.correlation import new_correlation_id
from engine.values.refusal import Refusal
from engine.wire.certificate import certificate_of

HTTP_1 = frozenset({"1.0", "1.1"})


def correlation_id_of(headers: Headers) -> str:
    """Return the caller's X-Correlation-ID if it is at most 128 printable characters, otherwise a new one."""
    given: str = headers.find("x-correlation-id", "")
    if 0 < len(given) <= LONGEST_CORRELATION_ID and given.isascii() and given.isprintable():
        return given
    return new_correlation_id()


def has_body(scope: Scope, headers: Headers) -> bool:
    """Return whether a request may have a body: in HTTP/1 it has none without these headers (RFC 9112, 6.3)."""
    if scope["http_version"] not in HTTP_1:
        return True
    return headers.find("content-length", "0") != "0" or headers.find("transfer-encoding") is not None


def attributes_of(scope: Scope, headers: Headers, listener_path: str, names: Sequence[str]) -> dict[str, Any]:
    """Return the attributes of a request; names: the names of the path's parameters.

    Raises Refusal for a query that cannot be read.
    """
    query = scope["query_string"].decode("latin-1")
    try:
        parameters = pairs(query, "the query") if query else []
    except ContentError as error:
        raise Refusal(400, "HTTP:BAD_REQUEST", str(error), is_early=True) from None
    client = scope.get("client")
    attributes = {
        "method": scope["method"],
        "listenerPath": listener_path,
        "requestPath": scope["path"],
        "rawRequestPath": raw_path_of(scope),
        "queryString": query,
        "queryParams": dict(parameters),
        "queryParamsAll": grouped(parameters),
        "uriParams": dict(zip(names, scope[PATH_VALUES], strict=True)) if names else {},
        "headers": headers,
        "remoteAddress": f"{client[0]}:{client[1]}" if client else None,
        "scheme": scope["scheme"],
        "version": f"HTTP/{scope['http_version']}",
    }
    if scope["scheme"] == "https" and (certificate := certificate_of(scope)):
        attributes["clientCertificate"] = certificate
    return attributes


def further_attributes_of(scope: Scope, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what only flows that came from Mule read of a request: other forms of its path, and the server's address.

    A parameter of the query that repeats is a key that repeats: `.name` is the first, `.*name` all.
    https://docs.mulesoft.com/http-connector/latest/http-documentation#HttpRequestAttributes
    """
    query = f"?{attributes['queryString']}" if attributes["queryString"] else ""
    rest = attributes["uriParams"].get("*")
    server = scope.get("server")
    every = attributes["queryParamsAll"]
    repeated = _repeated(attributes["queryString"]) if any(len(each) > 1 for each in every.values()) else {}
    return {
        **repeated,
        "relativePath": attributes["requestPath"],
        "maskedRequestPath": None if rest is None else f"/{rest}",
        "requestUri": attributes["requestPath"] + query,
        "rawRequestUri": attributes["rawRequestPath"] + query,
        "localAddress": f"{server[0]}:{server[1]}" if server else None,
    }


def _repeated(query: str) -> dict[str, Any]:
    from engine.expressions.dataweave.language import object_of  # only its flows come here

    return {"queryParams": object_of(pairs(query, "the query"))}
