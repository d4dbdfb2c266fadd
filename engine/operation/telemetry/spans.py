"""Spans of OpenTelemetry's SDK behind the engine's interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags, TraceState

from engine.limits import LONGEST_LOGGED
from engine.values.errors import FlowError
from engine.values.tracing import trace_headers
from engine.work.spans import Attributes, Recorded, Shown, SpanKind

KINDS = {kind: trace.SpanKind[kind.name] for kind in SpanKind}
CODES = ("sqlstate", "sqlite_errorname")
"""The attributes of drivers' errors that hold the database's own code."""


class Recorder:
    """Begins spans. hide: returns a text without secrets; None if there are none."""

    def __init__(self, tracer: trace.Tracer, hide: Callable[[str], str] | None) -> None:
        self._tracer = tracer
        self._hide = hide

    def begin(self, shown: Shown, parent: Context | None) -> Span:
        """Begin a span, whether it is recorded or not. parent: None: what OpenTelemetry says is current."""
        name, kind, attributes = shown
        started = self._tracer.start_span(name, parent, KINDS[kind], self.clean(attributes))
        return Span(self, started)

    def clean(self, attributes: Attributes) -> Attributes:
        """Return the attributes without secrets."""
        if self._hide is None:
            return attributes
        return {name: self.text(value) if isinstance(value, str) else value for name, value in attributes.items()}

    def text(self, text: str) -> str:
        """Return a text without secrets; a long one is cut afterwards, so that no part of one is left."""
        hidden = text if self._hide is None else self._hide(text)
        return hidden if len(hidden) <= LONGEST_LOGGED else f"{hidden[:LONGEST_LOGGED]}…"


class Span:
    """A span of the SDK, which is the current one until it ends."""

    __slots__ = ("_before", "_is_failed", "_recorder", "_span")

    def __init__(self, recorder: Recorder, span: trace.Span) -> None:
        self._recorder = recorder
        self._span = span
        self._is_failed = False
        self._before = trace_headers.get()
        headers = headers_of(span.get_span_context())
        if span.is_recording():
            recorded = Recorded(headers)
            recorded.span = self
            headers = recorded
        trace_headers.set(headers)

    @property
    def is_recording(self) -> bool:
        return self._span.is_recording()

    def inner(self, shown: Shown) -> Span:
        return self._recorder.begin(shown, trace.set_span_in_context(self._span, Context()))

    def set(self, attributes: Attributes) -> None:
        self._span.set_attributes(self._recorder.clean(attributes))

    def note(self, name: str, attributes: Attributes) -> None:
        self._span.add_event(name, self._recorder.clean(attributes))

    def link(self, headers: Mapping[str, str]) -> None:
        if "traceparent" in headers:
            self._span.add_link(remote(headers))

    def about(self, error: BaseException) -> None:
        """Tell the type of an error, its place, and the code that a database gave it."""
        attributes: dict[str, Any] = {"error.type": type_of(error)}
        if isinstance(error, FlowError) and error.failing_component:
            attributes |= place_of(error.failing_component, "engine.failing_component")
        for code in (getattr(error.__cause__, name, None) for name in CODES):
            if isinstance(code, str):
                attributes["db.response.status_code"] = code
        self.set(attributes)

    def fail(self, kind: str, description: str = "") -> None:
        if self._is_failed:
            return
        self._is_failed = True
        self._span.set_attribute("error.type", kind)
        self._span.set_status(Status(StatusCode.ERROR, self._recorder.text(description) or None))

    def failed(self, error: BaseException) -> None:
        self.about(error)
        self.fail(type_of(error), error.detailed_description if isinstance(error, FlowError) else str(error))

    def end(self) -> None:
        self._span.end()
        trace_headers.set(self._before)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            self.failed(error)
        self.end()


def type_of(error: BaseException) -> str:
    return str(error.type) if isinstance(error, FlowError) else type(error).__qualname__


def place_of(location: str, name: str = "engine.element") -> dict[str, Any]:
    """Return a step's location as attributes: `flow/steps/2 @ flows/x.yaml:23`, of which the file may be missing.

    name: that of the attribute for the place in its flow.
    """
    path, _, place = location.partition(" @ ")
    file, _, line = place.rpartition(":")
    return {name: path, "code.file.path": file, "code.line.number": int(line)} if file else {name: path}


def headers_of(context: SpanContext) -> dict[str, str]:
    """Return the headers of a span by W3C's rules."""
    parent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
    state = context.trace_state.to_header() if context.trace_state else ""
    return {"traceparent": parent, "tracestate": state} if state else {"traceparent": parent}


def remote(headers: Mapping[str, str]) -> SpanContext:
    """Return the span that valid headers name."""
    parent, state = headers["traceparent"], headers.get("tracestate")
    flags = TraceFlags(int(parent[53:55], 16))
    known = TraceState.from_header([state]) if state else None
    return SpanContext(int(parent[3:35], 16), int(parent[36:52], 16), True, flags, known)


def context_of(headers: Mapping[str, str]) -> Context:
    """Return the context in which the span of valid headers is the parent."""
    return trace.set_span_in_context(NonRecordingSpan(remote(headers)), Context())
