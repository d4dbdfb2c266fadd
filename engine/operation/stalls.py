"""What stalls now: told in the log when it begins and ends, counted, and asked for by health checks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import NamedTuple

from engine.work.measures import Measures

log = logging.getLogger("engine")

Tell = Callable[[], str]
"""Returns what is told of a stall: looked up once, when it begins."""

KINDS = ("source", "flow", "loop", "full")


class Stall(NamedTuple):
    """Something that does not go on. kind: one of KINDS; what: its name."""

    kind: str
    what: str


class Stalls:
    """The present stalls, each with its beginning and what was told of it."""

    def __init__(self, measures: Measures) -> None:
        self._measures = measures
        self._now: dict[Stall, tuple[float, str]] = {}

    @property
    def told(self) -> list[str]:
        """What was told of each present stall."""
        return [text for _, text in self._now.values()]

    def note(self, kind: str, found: Mapping[str, Tell]) -> None:
        """Note all that stalls now of a kind, by name. What is not there any more has ended."""
        for what in [stall.what for stall in self._now if stall.kind == kind]:
            if what not in found:
                self.end(kind, what)
        for what, tell in found.items():
            self.begin(kind, what, tell)

    def begin(self, kind: str, what: str, tell: Tell) -> None:
        """Tell a stall, once."""
        stall = Stall(kind, what)
        if stall not in self._now:
            text = tell()
            self._now[stall] = monotonic(), text
            self._count(stall)
            log.warning("stalled: %s", text, extra={"stall": kind})

    def end(self, kind: str, what: str) -> None:
        """Tell that something goes on again."""
        began, text = self._now.pop(Stall(kind, what))
        log.warning("goes on after %.1f s: %s", monotonic() - began, text, extra={"stall": kind})

    def _count(self, stall: Stall) -> None:
        kind, what = stall
        self._measures.counter("engine_stalls_total", "Stalls that were told", stall=kind, what=what).value += 1
        self._measures.read(
            "engine_stalled",
            "Whether it stalls now",
            lambda: float(stall in self._now),
            merge="max",
            stall=kind,
            what=what,
        )


def listed(texts: Iterable[str]) -> str:
    """Return each text with the number of its occurrences, the most frequent first: `a (3), b`."""
    counts: dict[str, int] = {}
    for text in texts:
        counts[text] = counts.get(text, 0) + 1
    ordered = sorted(counts.items(), key=lambda each: -each[1])
    return ", ".join(text if count == 1 else f"{text} ({count})" for text, count in ordered)
