"""Tells what stalls: a source without events, an event that takes long, something that stays full."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import accumulate
from time import monotonic, perf_counter

from engine.application import Application
from engine.operation.heartbeat import Heartbeat
from engine.operation.stalls import Stalls, Tell, listed
from engine.operation.waiting import steps_of_events
from engine.steps.flow import Flow
from engine.values.event import Event
from engine.work.measures import Histogram, Usage
from engine.work.tasks import Tasks

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
        self._began = perf_counter()
        self._full_since: dict[str, float] = {}
        self._tasks = Tasks()

    def start(self) -> None:
        self._began = perf_counter()
        self._app.parts.runtime.stalled = lambda: self.stalls.told
        self._heartbeat.start()
        self._tasks.start(self._watch(), "the watchdog")

    async def stop(self) -> None:
        await self._heartbeat.stop()
        await self._tasks.drain(0)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(PERIOD)
            flows = [flow for flow in self._app.flows.values() if flow.source is not None]
            self.stalls.note("source", dict(self._silent(flows)))
            self.stalls.note("flow", dict(self._slow(flows)))
            self.stalls.note("full", dict(self._full(flows)))

    def _silent(self, flows: Iterable[Flow]) -> Iterator[tuple[str, Tell]]:
        """Yield the sources that have made no event for too long."""
        for flow in flows:
            expected = flow.source.expect_every if flow.source else None
            silent = _silence(flow, perf_counter() - self._began)
            if expected is not None and flow.is_started and silent > expected:
                yield flow.name, partial(_tell_silent, flow, silent, expected)

    def _slow(self, flows: Iterable[Flow]) -> Iterator[tuple[str, Tell]]:
        """Yield the flows with an event that takes much longer than most."""
        for flow in flows:
            began, event = next(iter(flow.under_way.items()), (0.0, None))  # the oldest comes first
            usual = _usual(flow.durations)
            if event is not None and usual is not None:
                seconds = perf_counter() - began
                if seconds > max(SHORTEST, MULTIPLE * usual):
                    yield flow.name, partial(_tell_slow, flow, event, seconds, usual)

    def _full(self, flows: Sequence[Flow]) -> Iterator[tuple[str, Tell]]:
        """Yield what has been full for too long."""
        now = monotonic()
        for name, read in self._app.measures.limited.items():
            usage = read()
            if usage is None or usage.used < usage.most:
                self._full_since.pop(name, None)
                continue
            seconds = now - self._full_since.setdefault(name, now)
            if seconds > FULL_FOR:
                yield name, partial(_tell_full, name, usage, seconds, flows)


def _tell_silent(flow: Flow, seconds: float, expected: float) -> str:
    source = flow.source.starts_at() if flow.source else ""
    text = f"the source of the flow {flow.name} ({source}) has made no event for {seconds:.1f} s"
    return f"{text}; expectEvery is {expected:g} s{_waiting('Under way', [flow])}"


def _tell_slow(flow: Flow, event: Event, seconds: float, usual: float) -> str:
    text = f"an event of the flow {flow.name} has been under way for {seconds:.1f} s, most take less than {usual:g} s"
    return f"{text}: it waits in {_places([event])[0]} (correlation id {event.correlation_id})"


def _tell_full(name: str, usage: Usage, seconds: float, flows: Sequence[Flow]) -> str:
    waiting = f", {usage.waiting} wait for one" if usage.waiting else ""
    text = f"{name} have been full for {seconds:.1f} s: {usage.used} of {usage.most} in use{waiting}"
    return f"{text}{_waiting('Events wait in', flows)}"


def _waiting(words: str, flows: Sequence[Flow]) -> str:
    """Return a sentence that tells where the events of flows wait; nothing if there are none."""
    events = [event for flow in flows for event in flow.under_way.values()]
    return f". {words} {listed(_places(events))}" if events else ""


def _places(events: Sequence[Event]) -> list[str]:
    """Return the step that each event waits in."""
    found = steps_of_events(events)
    innermost = [steps[-1] if (steps := found.get(id(event))) else None for event in events]
    return [f"{step.name}, {step.location}" if step else "its source" for step in innermost]


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
