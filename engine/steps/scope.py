"""Processors that hold other processors."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, ClassVar, TypeVar

from engine.parameters.amounts import Period
from engine.steps.chain import Chain
from engine.steps.processor import Processor, Run
from engine.values.errors import TIMEOUT, ErrorType, FlowError
from engine.values.event import Event

T = TypeVar("T")


class Scope(Processor):
    """The base of processors with steps inside, which may be given a time."""

    timeout: Period | None = None
    """How long the scope may take before MULE:TIMEOUT is raised at it; as long as it wants, if left out or 0."""

    raises: ClassVar[Sequence[ErrorType | str]] = (TIMEOUT,)

    @property
    def _acts_within(self) -> frozenset[Any] | None:
        """What a scope acts on that does nothing beside its steps: with a timeout, it may end them at any point."""
        return frozenset() if self.timeout is None else None

    def runner(self) -> Run:
        if self.timeout is None:
            return self.run
        run, timeout = self.run, self.timeout

        async def within_timeout(event: Event) -> Event:
            return await within(timeout.of(event), run(event))

        return within_timeout

    def seconds(self, event: Event) -> float | None:
        """The timeout for this event, for scopes that apply it themselves; None is no limit."""
        if self.timeout is None:
            return None
        seconds: float = self.timeout.of(event)
        return seconds


async def within(seconds: float | None, running: Awaitable[T]) -> T:
    """What is awaited, within some seconds. Raises MULE:TIMEOUT; None and 0 are no limit, as in Mule."""
    try:
        async with asyncio.timeout(seconds or None) as limit:
            return await running
    except TimeoutError:
        if not limit.expired():
            raise
        raise FlowError(TIMEOUT, f"it took longer than {seconds:g} s") from None


async def run_route(steps: Chain, event: Event, seconds: float | None) -> Event:
    """The event after a route of a scope, within some seconds; its errors know where they came from."""
    if not seconds:
        return await steps.run(event)
    try:
        return await within(seconds, steps.run(event))
    except FlowError as failure:
        if failure.event is None:
            failure.event, failure.failing_component = event, steps.location
        raise
