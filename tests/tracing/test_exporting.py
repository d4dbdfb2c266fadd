"""A collector that is down, slow or full: no flow waits for it, and each lost span is counted."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from otlp_collector import Collector, collector

from engine import Application
from engine.limits import LONGEST_FLUSH
from engine.operation.telemetry.exporting import DROPPED
from engine.operation.telemetry.open_telemetry import OpenTelemetry

FLOWS = "flows: {main: {steps: [{set-payload: {value: 1}}]}}"


@pytest.fixture
def otlp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collector() as kept:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", kept.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield kept


def loaded(folder: Path) -> Application:
    file = folder / "flows.yaml"
    file.write_text(FLOWS)
    return Application.load(file, meters=[OpenTelemetry()])


def counted(app: Application) -> dict[str, float]:
    """The spans that were dropped by reason, and those that were exported."""
    found: dict[str, float] = {}
    for family in app.measures:
        for labels, slot in family.series.items():
            if family.name in (DROPPED, "engine_trace_spans_exported_total"):
                found["".join(labels)] = slot.value  # type: ignore[union-attr]  # a counter
    return found


async def runs(app: Application, times: int) -> float:
    """Run the flow so often; return the longest time of one."""
    longest = 0.0
    for _ in range(times):
        began = time.perf_counter()
        await app.run("main")
        longest = max(longest, time.perf_counter() - began)
    return longest


async def until_counted(app: Application, reason: str, number: float) -> None:
    while counted(app)[reason] < number:  # noqa: ASYNC110  # a thread counts
        await asyncio.sleep(0.01)


def test_a_collector_that_is_down(tmp_path: Path, otlp: Collector, caplog: pytest.LogCaptureFixture) -> None:
    """Told once, and once more when it is back; nothing of the SDK's own lines is in the log."""

    async def run() -> None:
        async with loaded(tmp_path) as app:
            otlp.status = 400
            await runs(app, 5)
            await until_counted(app, "export_failed", 5)
            await runs(app, 5)
            await until_counted(app, "export_failed", 10)
            otlp.status = 200
            await runs(app, 5)
            await until_counted(app, "", 5)
            assert counted(app) == {"": 5, "export_failed": 10, "queue_full": 0, "shutdown": 0}

    with caplog.at_level(logging.WARNING):
        asyncio.run(asyncio.wait_for(run(), 30))
    assert [record.name for record in caplog.records] == ["engine", "engine"]
    down, back = caplog.messages
    assert down.startswith("traces cannot be exported, and are dropped and counted until they can: ")
    assert "code: 400, reason: Bad Request" in down
    assert back == "traces are exported again; 10 spans were dropped"


@pytest.mark.reaches("LONGEST_FLUSH")
def test_a_slow_collector_delays_no_flow(tmp_path: Path, otlp: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "20")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "60")
    otlp.seconds = 60

    async def run() -> None:
        app = loaded(tmp_path)
        async with app:
            assert await runs(app, 500) < 30
            found = counted(app)
            assert 440 <= found["queue_full"] <= 480  # 20 wait, at most as many are on their way
            began = time.monotonic()
        assert time.monotonic() - began < LONGEST_FLUSH + 5
        found = counted(app)
        assert found[""] == 0
        assert found["shutdown"] + found["queue_full"] >= 480

    asyncio.run(run())


def test_the_end_exports_what_waits(tmp_path: Path, otlp: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "600000")

    async def run() -> None:
        async with loaded(tmp_path) as app:
            await runs(app, 3)
            assert otlp.spans == []

    before = {*threading.enumerate()}
    asyncio.run(run())
    assert [span.name for span in otlp.spans] == ["main"] * 3
    assert not [thread for thread in {*threading.enumerate()} - before if "process_request" not in thread.name]


@pytest.mark.parametrize("wrong", ["0", "-1", "many", ""])
def test_a_queue_size_that_is_none(
    tmp_path: Path, otlp: Collector, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, wrong: str
) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", wrong)

    async def run() -> None:
        async with loaded(tmp_path) as app:
            await runs(app, 1)

    asyncio.run(run())
    assert len(otlp.spans) == 1
    assert ("OTEL_BSP_MAX_QUEUE_SIZE" in caplog.text) is bool(wrong)
