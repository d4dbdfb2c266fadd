"""Runs a flow step by step: each step that an event reaches waits until somebody lets it on."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from engine.application import Application
from engine.plan.code import Run
from engine.steps.chain import Step
from engine.values.errors import FlowError
from engine.values.event import Event


class Stop:
    """A step that an event has reached. It goes on with `event`, which may have been replaced meanwhile."""

    def __init__(self, step: Step, event: Event, outer: Stop | None) -> None:
        self.step = step
        self.event = event
        self.outer = outer
        self.is_whole = False
        """Whether the steps inside of it do not wait."""
        self.goes_on = asyncio.Event()
        self.last: Event | None = None
        """The event after the last of the steps inside of it."""

    @property
    def depth(self) -> int:
        return 0 if self.outer is None else self.outer.depth + 1

    @property
    def trail(self) -> list[Stop]:
        """The steps that this one is inside of, outermost first, and this one."""
        return [*(self.outer.trail if self.outer else ()), self]

    @property
    def is_inside_of_whole(self) -> bool:
        return self.outer is not None and (self.outer.is_whole or self.outer.is_inside_of_whole)


Left = Callable[[Stop, "Event | FlowError"], None]
_reached: ContextVar[Stop | None] = ContextVar("reached", default=None)


class Walk:
    """One run of a flow, or none yet. Steps of routes that run at the same time wait in the order of their arrival."""

    def __init__(self, left: Left) -> None:
        """left: called with each step that has ended, and the event after it or its error."""
        self._left = left
        self._waiting: deque[Stop] = deque()
        self._changed = asyncio.Event()
        self._is_free = False
        self._run: asyncio.Task[Event] | None = None

    @property
    def next(self) -> Stop | None:
        """The step that is next."""
        return self._waiting[0] if self._waiting else None

    @property
    def others(self) -> list[Stop]:
        """The steps that wait beside it."""
        return list(self._waiting)[1:]

    @property
    def outcome(self) -> Event | FlowError | None:
        """The event or the error with which the flow has ended; None if it has not."""
        if self._run is None or not self._run.done() or self._run.cancelled():
            return None
        error = self._run.exception()
        if error is not None and not isinstance(error, FlowError):
            raise error
        return error or self._run.result()

    @property
    def is_running(self) -> bool:
        """Whether the flow has begun, and has not ended."""
        return self._run is not None and not self._run.done()

    def around(self, step: Step, run: Run) -> Run:
        """Return the function of a step that waits; the linker calls it for each step."""

        async def stepped(event: Event) -> Event:
            stop = Stop(step, event, _reached.get())
            token = _reached.set(stop)
            try:
                await self._wait(stop)
                after = await run(stop.event)
            except FlowError as error:
                self._tell(stop, error)
                raise
            finally:
                _reached.reset(token)
            self._tell(stop, after)
            return after

        return stepped

    async def begin(self, app: Application, flow: str, event: Event) -> None:
        """Start a flow, and wait for its first step. Raises LookupError and StartError."""
        await app.start()
        self._run = asyncio.ensure_future(
            app.run(flow, event.payload, vars=event.vars, attributes=event.attributes or None)
        )
        self._run.add_done_callback(lambda _: self._changed.set())
        await self.until_next()

    async def go(self, event: Event, *, is_whole: bool = False) -> None:
        """Let the next step on with an event, and wait for the one after it, or for the end of the flow.

        is_whole: whether the steps inside of it do not wait.
        """
        stop = self._waiting.popleft()
        stop.event, stop.is_whole = event, is_whole
        self._changed.clear()
        stop.goes_on.set()
        await self.until_next()

    async def until_next(self) -> None:
        """Wait for a step that is next, or for the end of the flow."""
        await self._changed.wait()
        while not self._waiting and self.is_running:
            self._changed.clear()
            await self._changed.wait()

    async def give_up(self, app: Application) -> None:
        """End the flow where it is, with all that it has begun beside itself, and be as before the first run."""
        await self.leave(app)
        await app.parts.runtime.tasks.drain(0)
        self._is_free, self._run = False, None
        self._changed.clear()

    async def leave(self, app: Application) -> None:
        """End the flow where it is. What runs beside it goes on, but no step that waits: nobody has let it on."""
        self._is_free = True
        if self._run is not None and self.is_running:
            self._run.cancel()
            await asyncio.wait([self._run])
        if self._waiting:
            await app.parts.runtime.tasks.drain(0)

    async def _wait(self, stop: Stop) -> None:
        if self._is_free or stop.is_inside_of_whole:
            return
        self._waiting.append(stop)
        self._changed.set()
        try:
            await stop.goes_on.wait()
        finally:
            if stop in self._waiting:  # cancelled: a timeout, or a route that is no longer needed
                self._waiting.remove(stop)
                self._changed.set()

    def _tell(self, stop: Stop, found: Event | FlowError) -> None:
        self._left(stop, found)
        if stop.outer is not None and isinstance(found, Event):
            stop.outer.last = found
        self._changed.set()


class PausedLoop(asyncio.SelectorEventLoop):
    """An event loop whose time stands still while it does not run: no timeout fires while somebody thinks."""

    def __init__(self, *arguments: Any) -> None:
        self._stood = 0.0
        super().__init__(*arguments)
        self._left_at = super().time()

    def time(self) -> float:
        return super().time() - self._stood

    def run_forever(self) -> None:
        self._stood += super().time() - self._left_at
        try:
            super().run_forever()
        finally:
            self._left_at = super().time()
