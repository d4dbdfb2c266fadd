"""Measures go to a collector by OTLP: when it is time, at the end, after a reload, and while the collector is down."""

from __future__ import annotations

import asyncio
import logging
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from otlp_collector import ENGINE, HELLO, LONGEST, Collector, collector, environment

from engine import Application
from engine.limits import LONGEST_FLUSH
from engine.operation.telemetry.pushing import PushedMetrics

TICK = "flows: {main: {source: {scheduler: {fixed-frequency: {frequency: 20}}}, steps: [{set-payload: {value: 1}}]}}"


@pytest.fixture
def otlp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collector() as kept:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", kept.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
        monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "50")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield kept


def loaded(folder: Path) -> Application:
    file = folder / "flows.yaml"
    file.write_text(TICK)
    return Application.load(file, metrics=True, meters=[PushedMetrics()])


def latest(otlp: Collector, place: int = -1) -> dict[str, Metric]:
    """The metrics of one push by name."""
    (resource,) = otlp.metrics[place].resource_metrics
    return {metric.name: metric for scope in resource.scope_metrics for metric in scope.metrics}


def labels(point: Any) -> dict[str, str]:
    return {each.key: each.value.string_value for each in point.attributes}


def until_pushed(otlp: Collector, times: int) -> None:
    until = time.monotonic() + LONGEST
    while len(otlp.metrics) < times:
        assert time.monotonic() < until, len(otlp.metrics)
        time.sleep(0.01)


@pytest.mark.parametrize("arguments", [[], ["--workers", "2"]])
def test_serve(tmp_path: Path, arguments: list[str]) -> None:
    """The last values are pushed at the end, by each worker; names and units are those of the conventions."""
    (tmp_path / "flows.yaml").write_text(HELLO)
    with collector() as otlp:
        command = [*ENGINE, "serve", str(tmp_path), "--log-level", "warning", *arguments]
        variables = {"OTEL_SERVICE_NAME": "shop", "OTEL_TRACES_EXPORTER": "none"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(otlp, **variables)) as server:
            try:
                assert server.stdout is not None
                found = (re.search(r"serves at (http://\S+);", line) for line in server.stdout)
                url = next(each[1] for each in found if each)
                for _ in range(10):
                    assert httpx.get(f"{url}/hello", trust_env=False, timeout=20).status_code == 200
            finally:
                server.terminate()
            assert server.wait(20) == 0
    assert len(otlp.metrics) == (2 if arguments else 1)
    assert otlp.spans == []
    requests, events = 0, 0.0
    for place in range(len(otlp.metrics)):
        known = latest(otlp, place)
        duration = known["http.server.request.duration"]
        assert duration.unit == "s"
        assert duration.histogram.aggregation_temporality == 2  # cumulative
        for point in duration.histogram.data_points:
            assert labels(point) == {
                "http.request.method": "GET", "http.response.status_code": "200",
                "http.route": "/hello", "url.scheme": "http",
            }  # fmt: skip
            assert sum(point.bucket_counts) == point.count
            assert len(point.bucket_counts) == len(point.explicit_bounds) + 1
            requests += point.count
        assert known["engine_flow_events"].sum.is_monotonic
        events += sum(point.as_double + point.as_int for point in known["engine_flow_events"].sum.data_points)
        assert known["process_resident_memory"].unit == "By"
    assert (requests, events) == (10, 10)
    resources = [each.resource_metrics[0].resource for each in otlp.metrics]
    assert {labels(resource)["service.name"] for resource in resources} == {"shop"}
    assert len({labels(resource)["service.instance.id"] for resource in resources}) == len(otlp.metrics)


def test_counts_go_on_from_push_to_push(tmp_path: Path, otlp: Collector) -> None:
    async def main() -> None:
        async with loaded(tmp_path) as app:
            await app.listen()
            await asyncio.to_thread(until_pushed, otlp, 4)
        pushes = [latest(otlp, place)["engine_flow_events"].sum.data_points[0] for place in range(len(otlp.metrics))]
        counts = [point.as_double + point.as_int for point in pushes]
        assert counts == sorted(counts)
        assert counts[-1] > counts[0]
        assert len({point.start_time_unix_nano for point in pushes}) == 1

    asyncio.run(main())


def test_a_reload_goes_on_with_the_same_counts(tmp_path: Path, otlp: Collector) -> None:
    async def main() -> None:
        async with loaded(tmp_path) as app:
            await app.listen()
            await asyncio.to_thread(until_pushed, otlp, 3)
            await app.reload()
            before = len(otlp.metrics)
            await asyncio.to_thread(until_pushed, otlp, before + 3)
        pushes = [latest(otlp, place)["engine_flow_events"].sum.data_points[0] for place in range(len(otlp.metrics))]
        counts = [point.as_double + point.as_int for point in pushes]
        assert counts == sorted(counts)
        assert len({point.start_time_unix_nano for point in pushes}) == 1

    asyncio.run(main())


def test_a_collector_that_is_down_for_a_while(
    tmp_path: Path, otlp: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    """The log tells it once, and once that it is over."""

    async def main() -> None:
        otlp.status = 400
        caplog.set_level(logging.WARNING, "engine")
        async with loaded(tmp_path):
            await asyncio.sleep(0.5)
            otlp.status = 200
            await asyncio.to_thread(until_pushed, otlp, 1)
        told = [message.partition(":")[0] for message in caplog.messages]
        assert told == ["metrics cannot be exported for now",
                        "metrics are exported again; counts have gone on meanwhile"]  # fmt: skip

    asyncio.run(main())


def test_a_collector_that_never_answers(tmp_path: Path, otlp: Collector, caplog: pytest.LogCaptureFixture) -> None:
    """Neither flows nor the end wait for it."""

    async def main() -> None:
        otlp.seconds = LONGEST_FLUSH + 5
        async with loaded(tmp_path) as app:
            await asyncio.sleep(0.2)
            began = time.perf_counter()
            assert (await app.run("main")).payload == 1
            assert time.perf_counter() - began < 5
            began = time.perf_counter()
        assert time.perf_counter() - began < LONGEST_FLUSH + 2
        assert any("metrics" in message for message in caplog.messages)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"OTEL_METRICS_EXPORTER": "prometheus"}, "OTEL_METRICS_EXPORTER names 'prometheus'; expected one of"),
        ({"OTEL_METRICS_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "grpc"},
         "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=grpc; expected http/protobuf"),
    ],
)  # fmt: skip
def test_variables_that_cannot_be_followed(tmp_path: Path, variables: dict[str, str], told: str) -> None:
    (tmp_path / "flows.yaml").write_text(HELLO)
    command = [*ENGINE, "serve", str(tmp_path)]
    ended = subprocess.run(command, env=environment(**variables), capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"engine: {told}")
    assert len(ended.stderr.splitlines()) == 1
