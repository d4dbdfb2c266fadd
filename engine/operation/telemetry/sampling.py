"""Which traces are recorded: the same decision as that of the SDK's sampler, made before any of its objects is."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from random import getrandbits, randrange
from typing import NamedTuple

log = logging.getLogger("engine")

ALL = 2**64
"""The low half of a trace's id decides: each service that sees the id decides alike."""

USUAL = "parentbased_always_on"
BOUNDS = {"always_on": ALL, "always_off": 0}


ODD = frozenset("13579bdf")
"""Last digits of flags by which a caller says that it records the trace."""


class Sampling(NamedTuple):
    """bound: traces are recorded whose low half lies below it. follows_parent: whether the caller's decision holds."""

    bound: int = ALL
    follows_parent: bool = True

    @property
    def share(self) -> float:
        """The share of the traces that begin here which are recorded."""
        return self.bound / ALL

    def taken_id(self) -> int:
        """Return the id of a new trace that is recorded."""
        return getrandbits(64) << 64 | randrange(self.bound)  # noqa: S311  # no secret

    def left_id(self) -> int:
        """Return the id of a new trace that is not recorded, for others to decide alike."""
        return getrandbits(64) << 64 | randrange(self.bound % ALL, ALL)  # noqa: S311  # the same

    def takes(self, parent: str) -> bool:
        """Return whether the trace that a valid header traceparent names is recorded, whatever its caller does."""
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


class Unrecorded(Mapping[str, str]):
    """The headers of a trace that begins here and is not recorded: others must not record it either.

    Most are never asked for, so they are made when they are.
    """

    __slots__ = ("_made",)

    def __init__(self, sampling: Sampling) -> None:
        self._made: Sampling | str = sampling

    def __getitem__(self, name: str) -> str:
        if name != "traceparent":
            raise KeyError(name)
        if not isinstance(self._made, str):
            self._made = f"00-{self._made.left_id() or 1:032x}-{getrandbits(64) or 1:016x}-00"
        return self._made

    def __iter__(self) -> Iterator[str]:
        yield "traceparent"

    def __len__(self) -> int:
        return 1
