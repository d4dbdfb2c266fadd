"""Measures requests as OpenTelemetry's conventions name them (HTTP server metrics, stable since 1.23)."""

from __future__ import annotations

from bisect import bisect_left

from engine.serving.route import Route
from engine.work.measures import DURATIONS, Histogram, Measures

METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})
UNKNOWN = "_OTHER"
"""The method of a request that has an unknown one: labels are not the caller's choice."""


class RequestMeter:
    """The durations of the requests of one route, by method and status."""

    def __init__(self, measures: Measures, route: Route) -> None:
        self._measures = measures
        self._path = route.path
        self._scheme = "https" if route.connections.tls else "http"
        self._slots: dict[tuple[str, int], Histogram] = {}

    def measure(self, method: str, status: int, seconds: float) -> None:
        """Count a request that has its answer, or whose caller is gone."""
        slot = self._slots.get((method, status))
        if slot is None:
            method = method if method in METHODS else UNKNOWN
            slot = self._slots[method, status] = self._slot(method, status)
        slot.counts[bisect_left(DURATIONS, seconds)] += 1  # as `observe` does, without the call
        slot.sum += seconds

    def _slot(self, method: str, status: int) -> Histogram:
        return self._measures.histogram(
            "http_server_request_duration_seconds",
            "Duration of HTTP requests",
            http_request_method=method,
            http_response_status_code=str(status),
            http_route=self._path,
            url_scheme=self._scheme,
        )
