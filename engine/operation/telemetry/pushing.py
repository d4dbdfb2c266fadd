"""Pushes measures to collectors by OpenTelemetry, where nobody scrapes them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from functools import partial

from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, MetricExporter, MetricExportResult, MetricsData
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from engine import __version__
from engine.limits import LONGEST_FLUSH
from engine.loading.loader import Parts
from engine.operation.process import measure_process
from engine.operation.snapshot import snapshot
from engine.operation.telemetry.exporting import REASONS, keep_reasons, made, number_of, resource_of, service_of
from engine.operation.telemetry.points import Interval, metrics_data
from engine.operation.telemetry.threads import ended
from engine.plan.observer import Meter
from engine.work.measures import Measures
from engine.work.runtime import Runtime
from engine.work.tasks import Tasks

log = logging.getLogger("engine")

SCOPE = InstrumentationScope("flow-engine", __version__)
USUAL_INTERVAL, USUAL_TIMEOUT = 60_000, 30_000
"""Milliseconds (OpenTelemetry's)."""


class PushedMetrics(Meter):
    """Sends all measures of this process to collectors, from time to time and when the application stops.

    `Application.load("flows/", metrics=True, meters=[PushedMetrics(["otlp"])])`.
    exporters: names among `otlp` and `console`, configured by the standard OTEL_… variables.
    Raises TelemetryError if the variables ask for something impossible.
    """

    def __init__(self, exporters: Sequence[str] = ("otlp",)) -> None:
        self._exporters = exporters
        self._interval = number_of("OTEL_METRIC_EXPORT_INTERVAL", USUAL_INTERVAL) / 1000
        self._timeout = number_of("OTEL_METRIC_EXPORT_TIMEOUT", USUAL_TIMEOUT)
        self._measures = Measures()
        self._service = ""
        self._running: set[Runtime] = set()
        self._push: Push | None = None
        self._tasks = Tasks()
        for name in exporters:
            _exporter_named(name).shutdown()  # a mistake in the variables is told now

    def live_in(self, parts: Parts) -> None:
        runtime = parts.runtime
        self._service = service_of(parts)
        runtime.at_start(partial(self._start, runtime))
        runtime.at_stop(partial(self._stop, runtime))

    async def _start(self, runtime: Runtime) -> None:
        """Begin with the first of the applications that take each other's place in a reload."""
        self._running.add(runtime)
        self._measures = runtime.measures
        if self._push is None:
            self._push = Push([_exporter_named(name) for name in self._exporters], self._service, self._timeout)
            self._tasks.start(self._go_on(self._push), "metrics to collectors")

    async def _go_on(self, push: Push) -> None:
        while True:
            await asyncio.sleep(self._interval)
            await ended(partial(push.send, push.data_of(self._measures)), "metrics", self._timeout / 1000)

    async def _stop(self, runtime: Runtime) -> None:
        self._running.discard(runtime)
        push = self._push
        if self._running or push is None:
            return
        self._push = None
        await self._tasks.drain(0)
        last = push.data_of(runtime.measures)
        if not await ended(partial(push.close, last), "the last metrics", LONGEST_FLUSH):
            log.warning("the last metrics were not exported within %g s", LONGEST_FLUSH)


class Push:
    """What brings the measures of one process to its exporters. timeout: the milliseconds that an export may take."""

    def __init__(self, exporters: Sequence[MetricExporter], service: str, timeout: float) -> None:
        keep_reasons()
        self._exporters = exporters
        self._resource = resource_of(service)
        self._timeout = timeout
        self._since = time.time_ns()
        self._is_failing = False

    def data_of(self, measures: Measures) -> MetricsData:
        """Return the measures as they are now; called in the event loop, to which they belong."""
        measure_process(measures)
        return metrics_data(snapshot(measures), self._resource, SCOPE, Interval(self._since, time.time_ns()))

    def send(self, data: MetricsData) -> None:
        """Export the data, in a thread."""
        REASONS.last, failed = "", False
        for exporter in self._exporters:
            try:
                failed |= exporter.export(data, self._timeout) is not MetricExportResult.SUCCESS
            except Exception as error:  # the next ones are to come
                REASONS.last, failed = str(error), True
        self._tell(failed)

    def close(self, last: MetricsData) -> None:
        """Export the last ones, in a thread."""
        self.send(last)
        for exporter in self._exporters:
            exporter.shutdown()

    def _tell(self, failed: bool) -> None:
        """Tell once that collectors cannot be reached, and once that they can be."""
        if failed and not self._is_failing:
            log.warning("metrics cannot be exported for now: %s", REASONS.last or "the collector does not answer")
        elif self._is_failing and not failed:
            log.warning("metrics are exported again; counts have gone on meanwhile")
        self._is_failing = failed


def _exporter_named(name: str) -> MetricExporter:
    """Return an exporter that the standard variables configure. Raises TelemetryError if they cannot be followed."""
    if name == "console":
        return ConsoleMetricExporter()
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

    return made(OTLPMetricExporter, "metrics")
