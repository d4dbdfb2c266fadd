"""`engine serve`: whether traces are recorded, by OpenTelemetry's standard variables."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from engine.operation.telemetry.environment import TelemetryError, is_disabled, need_extra, trace_exporters
from engine.tools.commands import fail

if TYPE_CHECKING:
    from engine.plan.observer import Meter


def meters(elements: bool) -> list[Meter]:
    """Return what records traces, if the environment asks for it; end the command if that is impossible.

    elements: whether each element has a span; that asks for traces, too.
    """
    try:
        exporters = trace_exporters(os.environ)
        if elements and not exporters and not is_disabled(os.environ):
            need_extra("--trace-elements asks for traces")
            exporters = ("otlp",)
        if not exporters:
            return []
        from engine.operation.telemetry.open_telemetry import OpenTelemetry  # heavy, and of an extra

        return [OpenTelemetry(exporters, elements=elements)]
    except TelemetryError as error:
        fail(str(error))
