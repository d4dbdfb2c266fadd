"""The clock of an application under test: what waits, does not wait."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from engine.core.clock import Clock


class SkippingClock(Clock):
    """Time that moves on by itself where something waits for it, so that no test does.

    now: the moment at which it stands but for what was waited for; left out, the machine's time goes on.
    """

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now
        self._skipped = 0.0

    def now(self) -> datetime:
        return (self._now or super().now()) + timedelta(seconds=self._skipped)

    def monotonic(self) -> float:
        return (0.0 if self._now else super().monotonic()) + self._skipped

    async def sleep(self, seconds: float) -> None:
        self._skipped += max(0.0, seconds)
        await asyncio.sleep(0)


class StandingClock(Clock):
    """A time of day that stands still, while waits take their time: for sources, which would never stop to fire."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


def clock_of(now: datetime | None, *, has_sources: bool) -> Clock:
    """The clock of a case."""
    if has_sources:
        return StandingClock(now) if now else Clock()
    return SkippingClock(now)
