"""The trace that a request belongs to (W3C Trace Context): what came in with the event goes out with its requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType

from engine.limits import LONGEST_TRACE_STATE

PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
NO_TRACE: Mapping[str, str] = MappingProxyType({})

trace_headers: ContextVar[Mapping[str, str]] = ContextVar("trace_headers", default=NO_TRACE)
"""The headers traceparent and tracestate of the task that runs, and of those that it starts."""


def continue_trace(parent: str | None, state: str) -> None:
    """Belong to the trace that the headers of a request name; to none where they name none, or not as W3C says.

    parent, state: its headers traceparent and tracestate.
    """
    if parent is None or PARENT.fullmatch(parent) is None:
        if trace_headers.get():
            trace_headers.set(NO_TRACE)
        return
    is_fine = 0 < len(state) <= LONGEST_TRACE_STATE and state.isascii() and state.isprintable()
    trace_headers.set({"traceparent": parent, "tracestate": state} if is_fine else {"traceparent": parent})
