"""Sources that make events by themselves instead of being driven by a server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Self

from engine.parameters.element import prepared
from engine.steps.processor import Served, Source
from engine.values.errors import FlowError
from engine.values.tracing import continue_trace
from engine.work.tasks import Tasks

log = logging.getLogger("engine")

PAUSE = 5.0
"""Seconds before a source that failed is started again."""


class ActiveSource(Source):
    """The base of sources that wait for something, and then run the flow in a task of its own.

    To write one, define `make_events`, and pass the work of each event to `begin`.
    """

    _making: Tasks = prepared()
    _under_way: Tasks = prepared()
    _of_former: tuple[Tasks, ...] = prepared()
    """The events of the sources in whose place this one is."""

    def __post_init__(self) -> None:
        self._prepare(_making=Tasks(), _under_way=Tasks(), _of_former=())

    def take_over(self, former: Self, *, is_unchanged: bool) -> None:
        others = [each for each in (*former._of_former, former._under_way) if len(each) and each is not self._under_way]
        self._prepare(_of_former=tuple(others))

    async def make_events(self, flow: Served) -> None:
        """Wait for something and call `begin`, forever. Called again if it raises; cancelled when the source stops."""
        raise NotImplementedError(f"{type(self).__name__} does not define make_events")

    def begin(self, work: Coroutine[Any, Any, None], flow: Served) -> asyncio.Task[Any]:
        """Run the work of an event in a task, and log its errors."""
        return self._under_way.start(self._done(work, flow), f"an event of {flow.name}")

    @property
    def under_way(self) -> int:
        """The number of events that have not ended, also of those that began before a reload."""
        return sum(map(len, (self._under_way, *self._of_former)))

    async def start(self, flow: Served) -> None:
        if not len(self._making):
            self._making.start(self._keep_making(flow), f"the source of {flow.name}")

    async def rest(self) -> None:
        await self._making.drain(0)

    async def none_under_way(self) -> None:
        await self._under_way.none()

    async def stop(self) -> None:
        await self.rest()
        try:
            await self._under_way.drain(None)
        except asyncio.CancelledError:
            await self._under_way.drain(0)
            raise

    async def _keep_making(self, flow: Served) -> None:
        continue_trace(None, "")  # that of a request which has started the application is not that of these events
        while True:
            try:
                await self.make_events(flow)
            except FlowError as failure:
                log.error("the source of the flow %s: %s", flow.name, failure.for_log, extra=_fields(failure, flow))
            except Exception:
                log.exception("unexpected error in the source of the flow %s", flow.name, extra={"flow": flow.name})
            await self.runtime.clock.sleep(PAUSE)

    async def _done(self, work: Coroutine[Any, Any, None], flow: Served) -> None:
        try:
            await work
        except FlowError as failure:
            log.error("after an event of the flow %s: %s", flow.name, failure.for_log, extra=_fields(failure, flow))
        except Exception:
            log.exception("unexpected error in the source of the flow %s", flow.name, extra={"flow": flow.name})


def _fields(failure: FlowError, flow: Served) -> dict[str, Any]:
    return {"flow": flow.name, **failure.log_fields()}
