"""Traces by OpenTelemetry: one span for each flow and each outward call of the events that are sampled."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from random import random
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context

from engine import __version__
from engine.loading.loader import Parts
from engine.operation.telemetry.exporting import Pipeline, exporter_named, service_of
from engine.operation.telemetry.sampling import ODD, Sampling, Unrecorded
from engine.operation.telemetry.spans import Recorder, Span, context_of, place_of
from engine.plan.code import Code, Run, RunPlain
from engine.plan.observer import Meter, Serve
from engine.serving.route import HttpSource
from engine.steps.chain import Step
from engine.steps.flow import Flow
from engine.values.event import Event
from engine.values.secrets import Secrets
from engine.values.tracing import NO_TRACE, trace_headers
from engine.work import spans
from engine.work.measures import Measures
from engine.work.runtime import Runtime
from engine.work.spans import Recorded, Shown, current_span

SCOPE = "flow-engine"


class OpenTelemetry(Meter):
    """A meter that records traces: `Application.load("flows/", meters=[OpenTelemetry(["otlp"])])`.

    exporters: names among `otlp` and `console`, configured by the standard OTEL_… variables, as is the sampler. They
    run while the application does, and export what is left when it stops.
    provider: a provider of the embedder's in their place. Its sampler decides, and the embedder shuts it down; a span
    that OpenTelemetry knows as the current one is then the parent of the flow's.
    elements: whether each step has a span, not only flows and outward calls.
    Raises TelemetryError if the variables ask for something impossible.
    """

    def __init__(
        self,
        exporters: Sequence[str] = ("otlp",),
        *,
        provider: trace.TracerProvider | None = None,
        elements: bool = False,
    ) -> None:
        self._exporters = exporters
        self._elements = elements
        self._provider = provider
        self._sampling = Sampling.of(os.environ)
        self._share, self._follows_parent = self._sampling.share, self._sampling.follows_parent
        self._pipeline: Pipeline | None = None
        self._recorder: Recorder | None = None
        self._runtime: Runtime | None = None
        self._hide: Callable[[str], str] | None = None
        self._service = ""
        self._measures = Measures()
        if provider is None:
            for name in exporters:
                exporter_named(name).shutdown()  # a mistake in the variables is told now

    # Its life

    def live_in(self, parts: Parts) -> None:
        self._hide = Secrets(parts.secrets).hide if parts.secrets else None
        self._service = service_of(parts)
        self._runtime = runtime = parts.runtime
        self._measures, runtime.tracer = runtime.measures, self
        if self._provider is not None:
            self._recorder = Recorder(self._provider.get_tracer(SCOPE, __version__), self._hide)
            return
        runtime.at_start(self._start)
        runtime.at_stop(partial(self._stop, runtime))

    async def _start(self) -> None:
        self._records()

    async def _stop(self, runtime: Runtime) -> None:
        pipeline = self._pipeline
        if runtime is self._runtime and pipeline is not None:
            self._pipeline = self._recorder = None
            await pipeline.close()

    def _records(self) -> Recorder:
        """Return what begins spans, made in the process that uses it: threads do not outlive a fork."""
        if self._recorder is None:
            self._pipeline = Pipeline(self._exporters, self._service, self._measures)
            self._recorder = Recorder(self._pipeline.provider.get_tracer(SCOPE, __version__), self._hide)
        return self._recorder

    # Where traces begin

    def enter(self, show: Callable[..., Shown], *about: Any) -> spans.Span | None:
        headers = trace_headers.get()
        if type(headers) is Recorded:
            span = current_span()
            return span and span.inner(show(*about))
        if self._provider is not None:
            return self._enter_by_provider(show(*about))
        if headers is NO_TRACE:
            if random() < self._share:  # noqa: S311  # no secret
                return self._enter_first(show(*about))
            trace_headers.set(Unrecorded(self._sampling))
            return None
        parent = headers["traceparent"]
        is_recorded = parent[54] in ODD
        if is_recorded if self._follows_parent else self._sampling.takes(parent):
            return self._records().begin(show(*about), context_of(headers))
        if is_recorded:
            trace_headers.set({**headers, "traceparent": f"{parent[:53]}00"})
        return None

    def _enter_first(self, shown: Shown) -> Span:
        """Begin a trace, whose id says to others that it is recorded."""
        recorder = self._records()
        if self._pipeline is not None:
            self._pipeline.ids.next = self._sampling.taken_id()
        return recorder.begin(shown, Context())

    def _enter_by_provider(self, shown: Shown) -> Span | None:
        headers = trace_headers.get()
        is_inside = trace.get_current_span().get_span_context().is_valid
        span = self._records().begin(shown, context_of(headers) if headers and not is_inside else None)
        return span if span.is_recording else None

    # What is woven in

    def serving(self, flow: Flow, serve: Serve) -> Serve:
        if isinstance(flow.source, HttpSource):  # its span is that of the request
            return serve

        async def traced(event: Event, answer: Any, *more: Any) -> Any:
            return await self._traced(partial(serve, event, answer, *more), _of_source, flow, event)

        return traced

    def running(self, flow: Flow, run: Run) -> Run:
        async def traced(event: Event) -> Event:
            after: Event = await self._traced(partial(run, event), _of_flow, flow, event)
            return after

        return traced

    async def _traced(self, work: Callable[[], Awaitable[Any]], show: Callable[..., Shown], *about: Any) -> Any:
        before = trace_headers.get()
        span = self.enter(show, *about)
        try:
            if span is None:
                return await work()
            with span:
                return await work()
        finally:
            trace_headers.set(before)

    def stepping(self, step: Step, code: Code) -> Code:
        call = step.processor.shown_call()
        if call is None and not self._elements:
            return code
        name, kind, attributes = call or Shown(step.processor.doc_name or step.name)
        shown = Shown(name, kind, {**attributes, **place_of(step.location)})
        run = code.run and _recorded(code.run, shown)
        plain = _recorded_plain(code.plain, shown) if code.plain and self._elements else code.plain
        return Code(run, plain, code.effects)


def _recorded(run: Run, shown: Shown) -> Run:
    async def recorded(span: spans.Span, event: Event) -> Event:
        with span.inner(shown):
            return await run(event)

    def maybe(event: Event) -> Awaitable[Event]:
        span = current_span()
        return run(event) if span is None else recorded(span, event)

    return maybe


def _recorded_plain(run: RunPlain, shown: Shown) -> RunPlain:
    def maybe(event: Event) -> Event:
        span = current_span()
        if span is None:
            return run(event)
        with span.inner(shown):
            return run(event)

    return maybe


def _of_source(flow: Flow, event: Event) -> Shown:
    assert flow.source is not None
    return _of(flow, event, flow.source.shown_event(event))


def _of_flow(flow: Flow, event: Event) -> Shown:
    return _of(flow, event, None)


def _of(flow: Flow, event: Event, shown: Shown | None) -> Shown:
    name, kind, attributes = shown or Shown(flow.name)
    who = {"engine.flow": flow.name, "engine.correlation_id": event.correlation_id}
    return Shown(name, kind, {**attributes, **who})
