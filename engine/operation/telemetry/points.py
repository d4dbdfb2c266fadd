"""Writes measures as OpenTelemetry's data: its names, units and points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from engine.work.measures import TOTAL

UNITS = {"_seconds": "s", "_bytes": "By"}
"""The units of the ends of Prometheus' names (UCUM, as OpenTelemetry's units are)."""

CONVENTIONAL = frozenset({"http", "db", "server", "url", "error"})
"""The first words of names that OpenTelemetry's semantic conventions have, with points."""

OTHERWISE = {"db_client_connections": "db.client.connection.count"}
"""Names of conventions that Prometheus' checks refuse."""

COMPOUNDS = ("active_requests", "open_connections", "pending_requests", "status_code")
"""What keeps its underscore there, at the end of a name."""


class Interval(NamedTuple):
    """The time that cumulative values are about, in nanoseconds since 1970."""

    since: int
    now: int


def metrics_data(
    families: Iterable[Mapping[str, Any]], resource: Resource, scope: InstrumentationScope, interval: Interval
) -> MetricsData:
    """Return a snapshot as what exporters take."""
    metrics = [_metric(family, interval) for family in families if family["series"]]
    return MetricsData([ResourceMetrics(resource, [ScopeMetrics(scope, metrics, "")], "")])


def conventional(name: str) -> str:
    """Return the name that OpenTelemetry has for a measure or a label.

    A collector that writes it for Prometheus makes the same name of it again, except of OTHERWISE.
    """
    if name in OTHERWISE or name.partition("_")[0] not in CONVENTIONAL:
        return OTHERWISE.get(name, name)
    compound = next((each for each in COMPOUNDS if name.endswith(each)), "")
    return name.removesuffix(compound).replace("_", ".") + compound


def _metric(family: Mapping[str, Any], interval: Interval) -> Metric:
    name = family["name"].removesuffix(TOTAL)
    end = next((end for end in UNITS if name.endswith(end)), "")
    unit = UNITS.get(end, "1")
    return Metric(conventional(name.removesuffix(end)), family["text"], unit, _data(family, interval))


def _data(family: Mapping[str, Any], interval: Interval) -> Sum | Gauge | Histogram:
    names = [conventional(label) for label in family["labels"]]
    series = [(dict(zip(names, labels, strict=True)), value) for labels, value in family["series"]]
    cumulative = AggregationTemporality.CUMULATIVE
    if family["kind"] == "histogram":
        return Histogram([_histogram(labels, value, interval) for labels, value in series], cumulative)
    points = [NumberDataPoint(labels, interval.since, interval.now, value) for labels, value in series]
    return Sum(points, cumulative, is_monotonic=True) if family["kind"] == "counter" else Gauge(points)


def _histogram(labels: Mapping[str, str], value: Mapping[str, Any], interval: Interval) -> HistogramDataPoint:
    counts: Sequence[int] = value["counts"]
    # Neither the least nor the greatest value is kept. NaN would be sent as a value.
    unknown: Any = None
    return HistogramDataPoint(
        labels, interval.since, interval.now, sum(counts), value["sum"], counts, value["bounds"], unknown, unknown
    )
