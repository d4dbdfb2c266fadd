"""Which traces are recorded: the same decision as that of the SDK's sampler, made before any of its objects is."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import NamedTuple

log = logging.getLogger("engine")

LOW = 2**64 - 1
"""The half of a trace's id that decides. Each service that sees the id decides alike."""

ALL = 2**64
USUAL = "parentbased_always_on"
BOUNDS = {"always_on": ALL, "always_off": 0}


class Sampling(NamedTuple):
    """bound: traces are recorded whose low half lies below it. follows_parent: whether the caller's decision holds."""

    bound: int = ALL
    follows_parent: bool = True

    def takes(self, trace_id: int) -> bool:
        """Return whether a trace without a caller's decision is recorded."""
        return trace_id & LOW < self.bound

    def takes_of(self, parent: str) -> bool:
        """Return whether the trace that a valid header traceparent names is recorded."""
        if self.follows_parent:
            return int(parent[53:55], 16) & 1 == 1
        return int(parent[19:35], 16) < self.bound

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Sampling:
        """Return what OTEL_TRACES_SAMPLER and its _ARG ask for. What they ask in vain is told in the log."""
        name = variables.get("OTEL_TRACES_SAMPLER", "").strip().lower() or USUAL
        root = name.removeprefix("parentbased_")
        if root == "traceidratio":
            return cls(_bound(variables.get("OTEL_TRACES_SAMPLER_ARG", "")), root != name)
        if root not in BOUNDS:
            log.warning("OTEL_TRACES_SAMPLER names '%s', which is unknown here; %s counts", name, USUAL)
            return cls()
        return cls(BOUNDS[root], root != name)


def _bound(share: str) -> int:
    try:
        ratio = float(share or "1")
    except ValueError:
        ratio = -1.0
    if not 0 <= ratio <= 1:
        log.warning("OTEL_TRACES_SAMPLER_ARG is '%s'; expected a share from 0 to 1; all traces are recorded", share)
        ratio = 1.0
    return round(ratio * ALL)
