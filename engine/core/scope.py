"""Processors that hold other processors."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from engine.core.errors import TIMEOUT, FlowError
from engine.core.event import Event
from engine.core.parameters import Duration
from engine.core.processor import Processor, Run


class Scope(Processor):
    """The base of processors with steps inside, which may be given a time."""

    timeout: Duration | None = None
    """How long the scope may take before MULE:TIMEOUT is raised at it; as long as it wants, if left out."""

    def runner(self) -> Run:
        if self.timeout is None:
            return self.run
        run, seconds = self.run, self.timeout
        return lambda event: within(seconds, run(event))


async def within(seconds: float | None, running: Awaitable[Event]) -> Event:
    """What is awaited, within some seconds. Raises MULE:TIMEOUT; None is no limit."""
    try:
        async with asyncio.timeout(seconds) as limit:
            return await running
    except TimeoutError:
        if not limit.expired():
            raise
        raise FlowError(TIMEOUT, f"it took longer than {seconds:g} s") from None
