"""Measures and shows requests as OpenTelemetry's conventions name them (HTTP, stable since 1.23)."""

from __future__ import annotations

from starlette.types import Scope

from engine.serving.route import Route
from engine.work.measures import Histogram, Measures
from engine.work.spans import Shown, Span, SpanKind

METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})
UNKNOWN = "_OTHER"
"""The method of a request that has an unknown one: labels are not the caller's choice."""


def method_label(method: str) -> str:
    """Return the label of a method."""
    return method if method in METHODS else UNKNOWN


class RequestMeter:
    """The durations of the requests of one route, by method and status. path: that of the route; empty for none."""

    def __init__(self, measures: Measures, path: str, scheme: str) -> None:
        self._measures = measures
        self._path = path
        self._scheme = scheme
        self._slots: dict[tuple[str, int], Histogram] = {}

    def measure(self, method: str, status: int, seconds: float) -> None:
        """Count a request that has its answer, or whose caller is gone."""
        slot = self._slots.get((method, status))
        if slot is None:
            slot = self._slots[method, status] = self._slot(method_label(method), status)
        slot.observe(seconds)

    def _slot(self, method: str, status: int) -> Histogram:
        return self._measures.histogram(
            "http_server_request_duration_seconds",
            "Duration of HTTP requests",
            http_request_method=method,
            http_response_status_code=str(status),
            http_route=self._path,
            url_scheme=self._scheme,
        )


class Unrouted:
    """Measures the requests that reach no route: there is no listener for their path, or the server refuses them."""

    def __init__(self, measures: Measures) -> None:
        self._meters = {scheme: RequestMeter(measures, "", scheme) for scheme in ("http", "https")}

    def meter(self, scheme: str) -> RequestMeter:
        """Return the meter of the requests for paths without a listener."""
        return self._meters.get(scheme) or self._meters["http"]

    def refused(self, scheme: str, status: int) -> None:
        """Count a request that the server refused: what it was, and when it began, is not known."""
        self._meters[scheme].measure(UNKNOWN, status, 0.0)


def shown_request(route: Route, flow: str, scope: Scope, correlation_id: str) -> Shown:
    """Return how a trace shows a request that has this route."""
    method: str = scope["method"]
    known = method if method in METHODS else UNKNOWN
    attributes: dict[str, str | int] = {
        "http.request.method": known,
        "http.route": route.path,
        "url.path": scope["path"],
        "url.scheme": "https" if route.connections.tls else scope.get("scheme", "http"),
        "network.protocol.version": scope.get("http_version", "1.1"),
        "engine.flow": flow,
        "engine.correlation_id": correlation_id,
    }
    if server := scope.get("server"):
        attributes["server.address"] = server[0]
        attributes |= {"server.port": server[1]} if server[1] else {}
    if known != method:
        attributes["http.request.method_original"] = method
    return Shown(f"{'HTTP' if known == UNKNOWN else method} {route.path}", SpanKind.SERVER, attributes)


def end_request(span: Span, status: int) -> None:
    """End the span of a request. status: 0 if no answer was begun. By the conventions it failed from 500 on."""
    if status:
        span.set({"http.response.status_code": status})
        if status >= 500:
            span.fail(str(status))
    span.end()
