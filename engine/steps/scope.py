"""Processors that hold other processors."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import ClassVar, TypeVar

from engine.parameters.amounts import Period
from engine.plan.code import Code
from engine.steps.chain import Chain
from engine.steps.processor import Processor
from engine.values.errors import TIMEOUT, ErrorType, FlowError
from engine.values.event import Event

T = TypeVar("T")


class Scope(Processor):
    """The base of processors with steps inside; they may have a timeout."""

    timeout: Period | None = None
    """How long the scope may take before it fails with MULE:TIMEOUT; unlimited if left out or 0."""

    raises: ClassVar[Sequence[ErrorType | str]] = (TIMEOUT,)

    def bounded(self, code: Code) -> Code:
        """Return the code within the timeout. As that may end it at any point, its effects are then unknown."""
        if self.timeout is None:
            return code
        run, timeout = code.awaited, self.timeout

        async def within_timeout(event: Event) -> Event:
            return await within(timeout.of(event), run(event))

        return Code(within_timeout, None)

    def seconds(self, event: Event) -> float | None:
        """Return the timeout for this event, for scopes that apply it themselves; None means no limit."""
        if self.timeout is None:
            return None
        seconds: float = self.timeout.of(event)
        return seconds


async def within(seconds: float | None, running: Awaitable[T]) -> T:
    """Await the running work for some seconds at most. Raises MULE:TIMEOUT. None and 0 mean no limit, as in Mule."""
    try:
        async with asyncio.timeout(seconds or None) as limit:
            return await running
    except TimeoutError:
        if not limit.expired():
            raise
        raise FlowError(TIMEOUT, f"it took longer than {seconds:g} s") from None


async def run_route(steps: Chain, event: Event, seconds: float | None) -> Event:
    """Run a route of a scope for some seconds at most, and return the event after it. Its errors have their place."""
    if not seconds:
        return await steps.run(event)
    try:
        return await within(seconds, steps.run(event))
    except FlowError as failure:
        if failure.event is None:
            failure.event, failure.failing_component = event, steps.location
        raise
