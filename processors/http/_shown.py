"""How traces show the requests of http:request, by OpenTelemetry's conventions for HTTP clients."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from yarl import URL

from engine.connectors import Shown, SpanKind

REDACTED = "REDACTED"
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


def shown_hop(method: str, url: URL) -> Shown:
    """Return how a request is shown. Its url has no user, no password and no values of the query."""
    known = method if method in METHODS else "_OTHER"
    attributes: dict[str, str | int] = {
        "http.request.method": known,
        "url.full": redacted(url),
        "server.address": url.host or "",
    }
    if url.port is not None:
        attributes["server.port"] = url.port
    if known != method:
        attributes["http.request.method_original"] = method
    return Shown(method if known == method else "HTTP", SpanKind.CLIENT, attributes)


def redacted(url: URL) -> str:
    names = [name for name, _ in parse_qsl(url.raw_query_string, keep_blank_values=True)]
    query = urlencode([(name, REDACTED) for name in names])
    shown = URL.build(
        scheme=url.scheme, host=url.raw_host or "", port=url.explicit_port, path=url.raw_path, encoded=True
    )
    return f"{shown}?{query}" if query else str(shown)
