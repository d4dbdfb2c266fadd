"""A collector of OpenTelemetry: takes OTLP over HTTP at a port of its own, and keeps what comes."""

from __future__ import annotations

import gzip
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SentSpan

ENGINE = [sys.executable, "-m", "engine.tools"]
ROOT = Path(__file__).parent.parent
HELLO = """\
configs: {Api: {http:listener-config: {port: 0}}}
flows:
  hello:
    source: {http:listener: {config-ref: Api, path: /hello}}
    steps: [{set-payload: {value: hi}}]
"""
LONGEST = 20.0
"""Seconds that a test waits for a span."""


class Span(NamedTuple):
    """A span as it came; ids are hexadecimal."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent: str
    attributes: dict[str, Any]
    events: list[tuple[str, dict[str, Any]]]
    links: list[str]
    is_error: bool
    description: str
    state: str
    service: str

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}"


class Collector:
    """What has come. respond: the status of answers; seconds: how long it thinks before it answers."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.metrics: list[ExportMetricsServiceRequest] = []
        self.status = 200
        self.seconds = 0.0
        self.url = ""

    def take(self, path: str, body: bytes) -> None:
        if path == "/v1/metrics":
            self.metrics.append(ExportMetricsServiceRequest.FromString(body))
            return
        assert path == "/v1/traces", path
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = _attributes(resource.resource.attributes)["service.name"]
            for scope in resource.scope_spans:
                self.spans += [_span(each, service) for each in scope.spans]

    def named(self, *names: str) -> list[Span]:
        """The spans of these names, one each, as soon as all are there."""
        until = time.monotonic() + LONGEST
        while not {*names} <= {span.name for span in self.spans}:
            assert time.monotonic() < until, [span.name for span in self.spans]
            time.sleep(0.01)
        return [next(span for span in self.spans if span.name == name) for name in names]


@contextmanager
def collector() -> Iterator[Collector]:
    kept = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            time.sleep(kept.seconds)
            if kept.status == 200:
                is_packed = self.headers.get("content-encoding") == "gzip"
                kept.take(self.path, gzip.decompress(body) if is_packed else body)
            try:
                self.send_response(kept.status)
                self.send_header("content-length", "0")
                self.end_headers()
            except OSError:  # who sent it did not wait
                self.close_connection = True

        def log_message(self, *_: object) -> None: ...

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None: ...

    with Server(("127.0.0.1", 0), Handler) as server:
        kept.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield kept
        finally:
            server.shutdown()


def _span(sent: SentSpan, service: str) -> Span:
    return Span(
        sent.name,
        SentSpan.SpanKind.Name(sent.kind).removeprefix("SPAN_KIND_"),
        sent.trace_id.hex(),
        sent.span_id.hex(),
        sent.parent_span_id.hex(),
        _attributes(sent.attributes),
        [(event.name, _attributes(event.attributes)) for event in sent.events],
        [link.trace_id.hex() for link in sent.links],
        sent.status.code == 2,
        sent.status.message,
        sent.trace_state,
        service,
    )


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    return [_value(each) for each in value.array_value.values] if kind == "array_value" else getattr(value, str(kind))


def environment(otlp: Collector | None = None, **variables: str) -> dict[str, str]:
    """Return the environment of a command that exports to this collector; to none without one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    place = {"OTEL_EXPORTER_OTLP_ENDPOINT": otlp.url} if otlp else {}
    return {**kept, "NO_PROXY": "127.0.0.1", "PYTHONPATH": str(ROOT), **place, **variables}
