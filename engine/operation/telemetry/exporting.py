"""The way of spans to a collector: none of it delays a flow, and each span that does not get there is counted."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from random import getrandbits
from typing import TypeVar
from uuid import uuid4

from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from engine.expressions.digits import is_digits
from engine.limits import LONGEST_FLUSH
from engine.loading.loader import Parts
from engine.operation.telemetry.environment import TelemetryError
from engine.operation.telemetry.threads import ended
from engine.work.measures import Counter, Measures

log = logging.getLogger("engine")

T = TypeVar("T")

DROPPED = "engine_trace_spans_dropped_total"
USUAL_SERVICE = "flow-engine"
UNKNOWN_SERVICE = "unknown_service"
"""The name that the SDK gives a service that nobody has named."""


def exporter_named(name: str) -> SpanExporter:
    """Return an exporter that the standard variables configure. Raises TelemetryError if they cannot be followed."""
    if name == "console":
        return ConsoleSpanExporter()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return made(OTLPSpanExporter, "traces")


def made(make: Callable[[], T], what: str) -> T:
    """Return the exporter that the standard variables configure. Raises TelemetryError if they cannot be followed."""
    try:
        return make()
    except Exception as error:  # whatever a variable makes it raise
        raise TelemetryError(f"the exporter of {what} cannot be made of the OTEL_… variables: {error}") from error


class Reasons(logging.Handler):
    """Keeps the last reason that OpenTelemetry logs, of which there may be many, for the one line of ours."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if not (self.last and "max retries" in text):  # it tells that it was given up, not why
            self.last = text


REASONS = Reasons()


class Exporter(SpanExporter):
    """Counts what an exporter takes and what it cannot deliver, and tells in the log when that begins and ends.

    It runs in a thread of the SDK. taken: how many spans it got.
    """

    def __init__(self, inner: SpanExporter, measures: Measures) -> None:
        self._inner = inner
        self._exported = measures.counter("engine_trace_spans_exported_total", "Spans that a collector has taken")
        self._lost = dropped(measures, "export_failed")
        self._lost_before: float | None = None
        self.taken = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.taken += len(spans)
        try:
            result = self._inner.export(spans)
        except Exception as error:  # the thread must live on
            REASONS.last, result = str(error), SpanExportResult.FAILURE
        if result is SpanExportResult.SUCCESS:
            self._exported.value += len(spans)
            self._tell_recovery()
        else:
            self._tell_failure()
            self._lost.value += len(spans)
        return result

    def _tell_failure(self) -> None:
        if self._lost_before is None:
            self._lost_before = self._lost.value
            reason = REASONS.last or "no reason is known"
            log.warning("traces cannot be exported, and are dropped and counted until they can: %s", reason)

    def _tell_recovery(self) -> None:
        if self._lost_before is not None:
            lost, self._lost_before, REASONS.last = self._lost.value - self._lost_before, None, ""
            log.warning("traces are exported again; %d spans were dropped", lost)

    def shutdown(self) -> None:
        self._inner.shutdown()


class BoundedProcessor(BatchSpanProcessor):
    """Drops and counts the spans for which its queue has no room."""

    def __init__(self, exporter: Exporter, measures: Measures) -> None:
        self._most = most = number_of("OTEL_BSP_MAX_QUEUE_SIZE", 2_048)
        batch = min(most, number_of("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512))
        super().__init__(exporter, most, number_of("OTEL_BSP_SCHEDULE_DELAY", 5_000), batch)
        self._counted = exporter
        self._handed = 0
        self._dropped = dropped(measures, "queue_full")

    @property
    def waiting(self) -> int:
        """The number of spans that no exporter has taken."""
        return self._handed - self._counted.taken

    def on_end(self, span: ReadableSpan) -> None:
        if self.waiting >= self._most:
            self._dropped.value += 1
            return
        self._handed += 1
        super().on_end(span)


def number_of(name: str, usual: int) -> int:
    """Return the whole number from 1 that a variable holds; the usual one if it holds none."""
    text = os.environ.get(name, "").strip()
    if is_digits(text[:9]) and int(text[:9]) > 0:
        return int(text[:9])
    if text:
        log.warning("%s is '%s'; expected a whole number from 1; %d counts", name, text, usual)
    return usual


def dropped(measures: Measures, reason: str) -> Counter:
    return measures.counter(DROPPED, "Spans that no collector has got", reason=reason)


class HandedIds(RandomIdGenerator):
    """Gives the next trace the id by which it was decided that it is recorded."""

    def __init__(self) -> None:
        self.next = 0

    def generate_trace_id(self) -> int:
        trace_id, self.next = self.next or super().generate_trace_id(), 0
        return trace_id

    def generate_span_id(self) -> int:
        return getrandbits(64) or 1


class Pipeline:
    """What brings the spans of one process to their exporters, from the first span to `close`."""

    def __init__(self, exporters: Sequence[str], service: str, measures: Measures) -> None:
        keep_reasons()
        self.ids = HandedIds()
        self.provider = TracerProvider(ALWAYS_ON, resource_of(service), False, id_generator=self.ids)
        self._exporters = [Exporter(exporter_named(name), measures) for name in exporters]
        self._processors = [BoundedProcessor(exporter, measures) for exporter in self._exporters]
        for processor in self._processors:
            self.provider.add_span_processor(processor)
        self._late = dropped(measures, "shutdown")

    async def close(self) -> None:
        """Send the spans that wait. Those that take too long are dropped."""
        if not await ended(self.provider.shutdown, "the last traces", LONGEST_FLUSH):
            self._give_up()

    def _give_up(self) -> None:
        late = sum(processor.waiting for processor in self._processors)
        self._late.value += late
        log.warning("the last traces were not exported within %g s; %d more spans are dropped", LONGEST_FLUSH, late)
        for exporter in self._exporters:
            exporter.shutdown()


def service_of(parts: Parts) -> str:
    """Return the name of an application that the standard variables do not name: its own, else that of its folder."""
    return parts.configuration.name or next((each.resolve().name for each in parts.folders), USUAL_SERVICE)


def resource_of(service: str) -> Resource:
    """Return what the standard variables say of this process; service: its name if they do not name it."""
    resource = Resource.create({SERVICE_INSTANCE_ID: str(uuid4())})
    if str(resource.attributes[SERVICE_NAME]).startswith(UNKNOWN_SERVICE):
        resource = resource.merge(Resource({SERVICE_NAME: service}))
    return resource


def keep_reasons() -> None:
    """Have lines of OpenTelemetry's exporters kept instead of logged: one that fails writes them without end."""
    for name in ("opentelemetry.exporter", "opentelemetry.sdk"):
        logger = logging.getLogger(name)
        logger.propagate, logger.handlers = False, [REASONS]
