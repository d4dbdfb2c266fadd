"""The time, as elements see it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime


class Clock:
    """The clock of the machine. Tests give the application a clock that they move themselves."""

    def now(self) -> datetime:
        """Return the moment, with its time zone (UTC)."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the seconds since some moment; they never decrease."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait for the seconds; return immediately for 0."""
        await asyncio.sleep(seconds)
