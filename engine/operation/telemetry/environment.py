"""What OpenTelemetry's standard environment variables ask for. It needs no library to find out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec

EXTRA = "opentelemetry.exporter.otlp.proto.http"
"""A package of the extra that needs all others of it."""

EXPORTERS = ("otlp", "console")
PROTOCOL = "http/protobuf"


class TelemetryError(Exception):
    """What the variables ask for is impossible; the message says why, and what to do."""


def is_disabled(variables: Mapping[str, str]) -> bool:
    return variables.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"


def trace_exporters(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the exporters for traces; none if the variables do not ask for traces.

    Raises TelemetryError for one that the engine does not have, or if the extra is not installed.
    """
    return _exporters(variables, "TRACES", "traces")


def metric_exporters(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the exporters for metrics, likewise."""
    return _exporters(variables, "METRICS", "metrics")


def _exporters(variables: Mapping[str, str], signal: str, what: str) -> tuple[str, ...]:
    if is_disabled(variables):
        return ()
    names = _named(variables, signal)
    for name in names:
        if name not in EXPORTERS:
            raise TelemetryError(f"OTEL_{signal}_EXPORTER names '{name}'; expected one of otlp, console, none")
    if names:
        need_extra(f"the environment asks for {what}")
    if "otlp" in names:
        _check_protocol(variables, signal)
        _check_endpoint(variables, signal)
    return names


def _named(variables: Mapping[str, str], signal: str) -> tuple[str, ...]:
    """Return the exporters that are named; OTLP if none is named, but the address of a collector."""
    named = variables.get(f"OTEL_{signal}_EXPORTER", "").strip()
    if named:
        names = dict.fromkeys(name.strip().lower() for name in named.split(","))
        return tuple(name for name in names if name not in ("", "none"))
    return ("otlp",) if any(variables.get(place) for place in _endpoints(signal)) else ()


def _endpoints(signal: str) -> Sequence[str]:
    return "OTEL_EXPORTER_OTLP_ENDPOINT", f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"


def _check_endpoint(variables: Mapping[str, str], signal: str) -> None:
    for name in _endpoints(signal):
        url = variables.get(name, "")
        if url and not url.startswith(("http://", "https://")):
            raise TelemetryError(f"{name}={url}; expected a url, such as http://localhost:4318")


def _check_protocol(variables: Mapping[str, str], signal: str) -> None:
    for name in (f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        protocol = variables.get(name, "").strip().lower()
        if protocol and protocol != PROTOCOL:
            raise TelemetryError(f"{name}={protocol}; expected {PROTOCOL}, which collectors take at port 4318")
        if protocol:
            return


def need_extra(because: str) -> None:
    """Raise TelemetryError if the extra is not installed."""
    try:
        is_there = find_spec(EXTRA) is not None
    except ModuleNotFoundError:  # not even the packages around it
        is_there = False
    if not is_there:
        raise TelemetryError(f"{because}, but OpenTelemetry is not installed: pip install 'flow-engine[otel]'")
