"""Measures requests as OpenTelemetry's conventions name them (HTTP server metrics, stable since 1.23)."""

from __future__ import annotations

from engine.work.measures import Histogram, Measures

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
