"""Measures requests to upstreams as OpenTelemetry's conventions name them (HTTP client metrics, stable since 1.23)."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple, Self

from engine import FlowError
from engine.connectors import Histogram, Measures, Usage, method_label

if TYPE_CHECKING:
    from yarl import URL

MOST_SERVERS, OTHER = 100, "_OTHER"
"""How many upstreams have labels of their own, and the label of all others: a url may come from a payload."""

CUT_SHORT = "timeout"
"""The type of the error of a request that was cut short: by a timeout, or with its flow."""


class ConnectionCounts(NamedTuple):
    """How many connections are used by a request, are kept without one, and are waited for."""

    active: int = 0
    idle: int = 0
    waiting: int = 0


class ClientMeter:
    """Measures the requests of one config, each until the head of its answer; a redirect is a request of its own."""

    def __init__(self, measures: Measures, config: str) -> None:
        self._measures = measures
        self._config = config
        self._servers: set[tuple[str, str]] = set()
        self._slots: dict[tuple[str, str, str, str, str], Histogram] = {}

    def call(self, method: str, url: URL) -> Call:
        """Begin to measure a request."""
        return Call(self, method, (url.host or "", str(url.port or "")))

    def note(self, method: str, server: tuple[str, str], status: str, error: str, seconds: float) -> None:
        """Measure a request that has its answer, or none."""
        if server not in self._servers:
            if len(self._servers) >= MOST_SERVERS:
                server = OTHER, ""
            self._servers.add(server)
        key = method, *server, status, error
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = self._slot(*key)
        slot.observe(seconds)

    def _slot(self, method: str, host: str, port: str, status: str, error: str) -> Histogram:
        return self._measures.histogram(
            "http_client_request_duration_seconds",
            "Duration of requests to upstreams, until the head of the answer",
            config=self._config,
            http_request_method=method_label(method),
            server_address=host,
            server_port=port,
            http_response_status_code=status,
            error_type=error,
        )


class Call:
    """A request under way; as a context it is measured when it ends. status: that of the answer, once it is there."""

    __slots__ = ("_began", "_meter", "_method", "_server", "status")

    def __init__(self, meter: ClientMeter, method: str, server: tuple[str, str]) -> None:
        self._meter, self._method, self._server = meter, method, server
        self._began = perf_counter()
        self.status = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        seconds, status = perf_counter() - self._began, str(self.status or "")
        self._meter.note(self._method, self._server, status, self._error_type(error, status), seconds)

    def _error_type(self, error: BaseException | None, status: str) -> str:
        if error is None:
            return status if self.status >= 400 else ""
        return str(error.type) if isinstance(error, FlowError) else CUT_SHORT


def measure_connections(measures: Measures, config: str, counts: Callable[[], ConnectionCounts], most: int) -> None:
    """Have the connections of a config read. most: how many may be used at the same time."""
    name, text = "http_client_open_connections", "Connections to upstreams by their state"

    def read(state: str, value: Callable[[], int]) -> None:
        measures.read(name, text, value, config=config, http_connection_state=state)

    read("active", lambda: counts().active)
    read("idle", lambda: counts().idle)
    text = "Requests to upstreams that wait for a connection"
    measures.read("engine_http_client_waiting_requests", text, lambda: counts().waiting, config=config)

    def usage() -> Usage:
        active, _, waiting = counts()
        return Usage(active, most, waiting)

    measures.limited[f"the connections of {config} (maxConnections)"] = usage
