"""The trace of a request (W3C Trace Context): its headers are passed on with the requests of the event."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType

from engine.limits import LONGEST_TRACE_STATE

PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
NO_TRACE: Mapping[str, str] = MappingProxyType({})

trace_headers: ContextVar[Mapping[str, str]] = ContextVar("trace_headers", default=NO_TRACE)
"""The headers traceparent and tracestate of the running task, and of the tasks it starts.

Its traceparent is the one place that says what the current trace and span are: who begins a span sets it.
"""


def continue_trace(parent: str | None, state: str) -> None:
    """Join the trace that the headers of a request name; none if they name none, or are not valid by W3C's rules.

    parent, state: its headers traceparent and tracestate.
    """
    if parent is None or PARENT.fullmatch(parent) is None:
        if trace_headers.get():
            trace_headers.set(NO_TRACE)
        return
    is_fine = 0 < len(state) <= LONGEST_TRACE_STATE and state.isascii() and state.isprintable()
    trace_headers.set({"traceparent": parent, "tracestate": state} if is_fine else {"traceparent": parent})


def trace_fields() -> Mapping[str, str]:
    """Return the ids of the current trace and span, in hexadecimal, as fields of a log record; none outside a trace.

    The names are those of OpenTelemetry for logs in other formats: trace_id, span_id, trace_flags.
    """
    parent = trace_headers.get().get("traceparent")
    if parent is None:
        return NO_TRACE
    return {"trace_id": parent[3:35], "span_id": parent[36:52], "trace_flags": parent[53:55]}
