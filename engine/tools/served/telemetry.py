"""`engine serve`: whether traces are recorded and metrics pushed, by OpenTelemetry's standard variables."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from engine.operation.telemetry.environment import (
    TelemetryError,
    is_disabled,
    metric_exporters,
    need_extra,
    trace_exporters,
)
from engine.tools.commands import fail

if TYPE_CHECKING:
    from engine.plan.observer import Meter


def meters(elements: bool) -> list[Meter]:
    """Return what records traces and pushes metrics, as far as the environment asks for it.

    End the command if that is impossible. elements: whether each element has a span; that asks for traces, too.
    """
    try:
        return [*_traces(elements), *_metrics()]
    except TelemetryError as error:
        fail(str(error))


def pushes_metrics() -> bool:
    """Return whether the environment asks for metrics; end the command if that is impossible."""
    try:
        return bool(metric_exporters(os.environ))
    except TelemetryError as error:
        fail(str(error))


def _traces(elements: bool) -> list[Meter]:
    exporters = trace_exporters(os.environ)
    if elements and not exporters and not is_disabled(os.environ):
        need_extra("--trace-elements asks for traces")
        exporters = ("otlp",)
    if not exporters:
        return []
    from engine.operation.telemetry.open_telemetry import OpenTelemetry  # heavy, and of an extra

    return [OpenTelemetry(exporters, elements=elements)]


def _metrics() -> list[Meter]:
    exporters = metric_exporters(os.environ)
    if not exporters:
        return []
    from engine.operation.telemetry.pushing import PushedMetrics  # likewise

    return [PushedMetrics(exporters)]
