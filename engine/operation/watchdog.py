"""Tells what stalls: a source without events, an event that takes long, something that stays full."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import accumulate
from time import monotonic, perf_counter, time

from engine.application import Application
from engine.operation.heartbeat import Heartbeat
from engine.operation.stalls import Stalls, listed
from engine.operation.waiting import steps_of_task
from engine.steps.flow import Flow, UnderWay
from engine.work.measures import Histogram

PERIOD = 1.0
"""Seconds between two looks."""

MULTIPLE, SHORTEST, ENOUGH = 10.0, 2.0, 20
"""An event takes long if it takes this many times as long as 95 % of at least so many events, and more than so many
seconds."""

FULL_FOR = 3.0
"""Seconds for which something may be full."""


class Watchdog:
    """Looks at an application every second, and at the event loop from a thread."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self.stalls = Stalls(app.measures)
        self._heartbeat = Heartbeat(app.measures, self.stalls)
        self._began = time()
        self._full_since: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._began = time()
        self._app.parts.runtime.stalled = lambda: self.stalls.told
        self._heartbeat.start()
        self._task = asyncio.get_running_loop().create_task(self._watch(), name="the watchdog")

    async def stop(self) -> None:
        await self._heartbeat.stop()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(PERIOD)
            flows = [flow for flow in self._app.flows.values() if flow.source is not None]
            self.stalls.note("source", dict(self._silent(flows)))
            self.stalls.note("flow", dict(self._slow(flows)))
            self.stalls.note("full", dict(self._full(flows)))

    def _silent(self, flows: Iterable[Flow]) -> Iterator[tuple[str, str]]:
        """Yield the sources that have made no event for too long."""
        for flow in flows:
            expected = flow.source.expect_every if flow.source else None
            if expected is None or not flow.is_started:
                continue
            silent = _silence(flow, time() - self._began)
            if silent > expected:
                told = f"no event for {silent:.1f} s; expectEvery is {expected:g} s{_under_way(flow)}"
                yield flow.name, f"the source of the flow {flow.name} ({_source(flow)}) has made {told}"

    def _slow(self, flows: Iterable[Flow]) -> Iterator[tuple[str, str]]:
        """Yield the flows with an event that takes much longer than most."""
        for flow in flows:
            oldest = min(flow.under_way.values(), default=None)
            usual = _usual(flow.durations)
            if oldest is None or usual is None:
                continue
            seconds = perf_counter() - oldest.since
            if seconds > max(SHORTEST, MULTIPLE * usual):
                text = f"an event of the flow {flow.name} has been under way for {seconds:.1f} s, most take less than "
                yield (
                    flow.name,
                    f"{text}{usual:g} s: it waits in {_place(oldest)} (correlation id {oldest.correlation_id})",
                )

    def _full(self, flows: Iterable[Flow]) -> Iterator[tuple[str, str]]:
        """Yield what has been full for too long."""
        now = monotonic()
        for name, read in self._app.measures.limited.items():
            usage = read()
            if usage is None or usage.used < usage.most:
                self._full_since.pop(name, None)
                continue
            seconds = now - self._full_since.setdefault(name, now)
            if seconds > FULL_FOR:
                waiting = f", {usage.waiting} wait for one" if usage.waiting else ""
                text = f"{name} have been full for {seconds:.1f} s: {usage.used} of {usage.most} in use{waiting}"
                yield name, f"{text}{_events_of(flows)}"


def _silence(flow: Flow, since_start: float) -> float:
    """Return the seconds since the latest event of the source, or since the start."""
    age = flow.last_event()
    return since_start if age is None else min(age, since_start)


def _usual(durations: Histogram | None) -> float | None:
    """Return the time that 95 % of the events take at most; None if there were too few."""
    count = sum(durations.counts) if durations else 0
    if durations is None or count < ENOUGH:
        return None
    reached = accumulate(durations.counts)
    bounds = (*durations.bounds, float("inf"))
    return next(bound for bound, below in zip(bounds, reached, strict=True) if below >= 0.95 * count)


def _source(flow: Flow) -> str:
    return flow.source.starts_at() if flow.source else ""


def _place(event: UnderWay) -> str:
    """Return the step that an event waits in."""
    steps = steps_of_task(event.task) if event.task else []
    return f"{steps[-1].name}, {steps[-1].location}" if steps else "its source"


def _under_way(flow: Flow) -> str:
    events = list(flow.under_way.values())
    return f". Under way: {listed(map(_place, events))}" if events else ""


def _events_of(flows: Iterable[Flow]) -> str:
    places = [_place(event) for flow in flows for event in flow.under_way.values()]
    return f". Events wait in {listed(places)}" if places else ""
