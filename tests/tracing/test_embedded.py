"""Traces in a program that has its own provider of OpenTelemetry."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler

from engine import Application
from engine.operation.telemetry.open_telemetry import OpenTelemetry
from engine.values.tracing import trace_fields, trace_headers

EXTENDING = Path(__file__).parent.parent.parent / "docs" / "extending.md"
FLOWS = "flows: {main: {steps: [{flow-ref: {name: inner}}, {logger: {message: hi}}]}, inner: {steps: []}}"


class Program:
    """A program with a provider. found: its spans by name, once it has run the flow `main`."""

    def __init__(self, folder: Path, flows: str = FLOWS, sampler: Sampler = ALWAYS_ON, **options: object) -> None:
        (folder / "flows.yaml").write_text(flows)
        self._folder, self._options = folder, options
        self._kept = InMemorySpanExporter()
        self.provider = TracerProvider(sampler=sampler, shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self._kept))
        self.fields: dict[str, str] = {}

    async def run(self) -> None:
        meters = [OpenTelemetry(provider=self.provider)]
        async with Application.load(
            self._folder / "flows.yaml", meters=meters, observers=[self], **self._options
        ) as app:  # type: ignore[arg-type]
            await app.run("main")
        assert dict(trace_headers.get()) == {}

    def entered(self, node: object, event: object) -> None:
        self.fields = dict(trace_fields())

    def left(self, node: object, event: object, failure: object) -> None: ...

    @property
    def found(self) -> dict[str, ReadableSpan]:
        return {span.name: span for span in self._kept.get_finished_spans()}


def test_its_spans_are_parents_of_flows(tmp_path: Path) -> None:
    program = Program(tmp_path)

    async def run() -> None:
        with program.provider.get_tracer("program").start_as_current_span("outer"):
            await program.run()

    asyncio.run(run())
    outer, main, inner = (program.found[name] for name in ("outer", "main", "inner"))
    assert main.parent is not None
    assert inner.parent is not None
    assert main.parent.span_id == outer.context.span_id
    assert inner.parent.span_id == main.context.span_id
    assert program.fields["trace_id"] == f"{outer.context.trace_id:032x}"
    assert program.fields["span_id"] == f"{main.context.span_id:016x}"


def test_its_sampler_decides(tmp_path: Path) -> None:
    program = Program(tmp_path, sampler=ALWAYS_OFF)
    asyncio.run(program.run())
    assert program.found == {}
    assert int(program.fields["trace_flags"], 16) & 1 == 0
    assert int(program.fields["trace_id"], 16) > 0


def test_the_connector_of_the_page_for_authors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, source = re.findall(r"```python\n(.*?)```", EXTENDING.read_text(), re.DOTALL)
    (tmp_path / "depot" / "ways").mkdir(parents=True)
    (tmp_path / "depot" / "ways" / "send.py").write_text(source)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    program = Program(tmp_path, "flows: {main: {steps: [{ways:send: {}}]}}", processors=["depot"])
    asyncio.run(program.run())
    attributes = dict(program.found["send warehouse"].attributes or {})
    assert attributes.pop("code.file.path").endswith("flows.yaml")  # type: ignore[union-attr]
    assert attributes == {
        "server.address": "warehouse.example",
        "warehouse.attempt": 1,
        "engine.element": "main/steps/0",
        "code.line.number": 1,
    }
