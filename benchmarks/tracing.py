"""What traces cost: requests of a trivial flow with tracing on and nothing sampled, and the price of a sampled span.

    python benchmarks/tracing.py [--rounds N] [--requests N]

All run in one process, in turn, as requests to the ASGI application, without a server whose cost would make the ratio
smaller, in CPU time: the best of the rounds, and the median of the ratios of two portions that follow each other. Read
the ratio, not the microseconds. A sampled span costs what the
process takes more for it, with its encoding and sending in the exporter's thread. The collector, which throws it away,
is another process.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any, NamedTuple

from engine import Application
from engine.operation.telemetry.open_telemetry import OpenTelemetry

INNER = 9
"""How many flows the flow `nested` runs: each is a span."""

SPANS = 500
"""How many spans a portion of sampled requests makes: they are sent as one."""

FLOWS = f"""
configs: {{Api: {{http:listener-config: {{port: 0}}}}}}
flows:
  trivial:
    source: {{http:listener: {{config-ref: Api, path: /trivial, allowedMethods: GET}}}}
    steps: [{{set-payload: {{value: {{message: hello}}}}}}]
  nested:
    source: {{http:listener: {{config-ref: Api, path: /nested, allowedMethods: GET}}}}
    steps: [{", ".join(["{flow-ref: {name: inner}}"] * INNER)}]
  inner: {{steps: [{{set-payload: {{value: {{message: hello}}}}}}]}}
"""
SINK = """
from http.server import BaseHTTPRequestHandler, HTTPServer
class Sink(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *_): ...
server = HTTPServer(("127.0.0.1", 0), Sink)
print(server.server_port, flush=True)
server.serve_forever()
"""
HOST = (b"host", b"localhost")
UNSAMPLED = (b"traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")


@contextmanager
def collector() -> Iterator[str]:
    with subprocess.Popen([sys.executable, "-c", SINK], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # ours
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


SCOPE = {
    "type": "http", "method": "GET", "query_string": b"", "http_version": "1.1", "scheme": "http", "root_path": "",
    "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
}  # fmt: skip


class Served:
    """An application that is asked."""

    def __init__(self, app: Application) -> None:
        self._asgi = app.asgi()
        self._exported = app.measures.counter("engine_trace_spans_exported_total", "Spans that a collector has taken")

    async def asked(self, path: str, requests: int, headers: list[tuple[bytes, bytes]], spans: int) -> float:
        """CPU seconds of so many requests, until their spans are exported. spans: how many each makes."""
        scope = {**SCOPE, "path": path, "raw_path": path.encode(), "headers": headers}
        expected = self._exported.value + requests * spans
        gc.collect()
        before = process_time()
        for _ in range(requests):
            await self._asgi(dict(scope), _receive, _send)
        while self._exported.value < expected:  # noqa: ASYNC110  # a thread counts
            await asyncio.sleep(0.002)
        return process_time() - before


async def _receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(message: Any) -> None:
    assert message.get("status", 200) == 200


@asynccontextmanager
async def both(file: Path, sampler: str) -> AsyncIterator[tuple[Served, Served]]:
    """The flows without traces, and with those that the sampler takes."""
    os.environ["OTEL_TRACES_SAMPLER"] = sampler
    async with Application.load(file) as plain, Application.load(file, meters=[OpenTelemetry()]) as traced:
        yield Served(plain), Served(traced)


class Costs(NamedTuple):
    """CPU microseconds of a request: the best of the rounds; and the median of what tracing adds, as a ratio."""

    plain: float
    traced: float
    ratio: float


async def compare(rounds: int, requests: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "flows.yaml"
        file.write_text(FLOWS)
        async with both(file, "parentbased_always_off") as apps:
            for name, headers in (("", [HOST]), (", the caller's traceparent carried on", [HOST, UNSAMPLED])):
                told(f"nothing sampled{name}", await measured(apps, "/trivial", rounds, requests, headers, 0))
        os.environ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"] = str(SPANS)
        async with both(file, "always_on") as apps:
            rounds = max(1, rounds // 10)
            told("all sampled, one span", await measured(apps, "/trivial", rounds, SPANS, [HOST], 1))
            costs = await measured(apps, "/nested", rounds, SPANS // (INNER + 1), [HOST], INNER + 1)
            told(f"all sampled, {INNER + 1} spans", costs)
            print(f"a sampled span: {(costs.traced - costs.plain) / (INNER + 1):.1f} us")


def told(name: str, costs: Costs) -> None:
    print(f"{name}: {costs.traced:.1f} us a request, without traces {costs.plain:.1f}, ratio {costs.ratio:.3f}")


async def measured(
    apps: tuple[Served, Served], path: str, rounds: int, requests: int, headers: list[tuple[bytes, bytes]], spans: int
) -> Costs:
    gc.collect()
    gc.freeze()  # then collecting takes nothing, and each portion begins alike
    times: list[tuple[float, float]] = []
    for number in range(rounds + 3):
        order = (0, 1) if number % 2 else (1, 0)
        found = {which: await apps[which].asked(path, requests, headers, spans * which) for which in order}
        times.append((found[0] / requests * 1e6, found[1] / requests * 1e6))
    del times[:3]  # they warm up
    plain, traced = (min(each) for each in zip(*times, strict=True))
    return Costs(plain, traced, median(traced / plain for plain, traced in times))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--requests", type=int, default=30)
    arguments = parser.parse_args()
    with collector() as url:
        os.environ |= {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "NO_PROXY": "127.0.0.1"}
        os.environ |= {"OTEL_BSP_MAX_QUEUE_SIZE": "100000"}
        asyncio.run(compare(arguments.rounds, arguments.requests))


if __name__ == "__main__":
    main()
