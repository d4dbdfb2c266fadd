from __future__ import annotations

import asyncio

from engine import Event, Processor


class Slow(Processor):
    """Wait, and let the other requests run.

    Example:
        run: [{slow: {seconds: 0}}]
        expect: {payload: null}
    """

    seconds: float
    """How long to wait."""

    async def run(self, event: Event) -> Event:
        await asyncio.sleep(self.seconds)
        return event
