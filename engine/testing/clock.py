"""The clock of an application under test: what waits, does not wait."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.core.clock import Clock

DAY = 86400.0
"""Seconds between two cases: what elements remember for a while, such as the requests of a rate limit, is over."""


class CaseClock(Clock):
    """Time that moves on by itself where something waits for it, so that no test does.

    It is set for each case. Where sources are on, waits take their time: a scheduler would never stop to fire.
    """

    def __init__(self) -> None:
        self._passed = 0.0  # what monotonic is ahead by
        self.set(None, skips=True)

    def set(self, now: datetime | None, *, skips: bool) -> None:
        """Stand at a moment, or where it is None go on with the machine's; skips: whether waits take no time."""
        self._now = now
        self._skips = skips
        self._skipped = 0.0
        self._passed += DAY

    def now(self) -> datetime:
        return (self._now or super().now()) + timedelta(seconds=self._skipped)

    def monotonic(self) -> float:
        return super().monotonic() + self._passed

    async def sleep(self, seconds: float) -> None:
        if self._skips:
            self._skipped += max(0.0, seconds)
            self._passed += max(0.0, seconds)
            seconds = 0.0
        await super().sleep(seconds)
