"""The time, as elements see it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime


class Clock:
    """The clock of the machine. Tests hand the application one of their own, which they move."""

    def now(self) -> datetime:
        """The moment, with its time zone (UTC)."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds from some moment on, which only grow."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait; at once where the seconds are none."""
        await asyncio.sleep(seconds)
