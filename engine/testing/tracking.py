"""What the cases of a test file passed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass

from engine.steps.chain import Step
from engine.steps.error_handler import OnError
from engine.steps.processor import Run
from engine.testing.points import ENTERED, FAILED, SUCCEEDED, Point, key_of, points
from engine.testing.stage import Layer
from engine.testing.suite import Loaded
from engine.testing.ways import Way, Ways
from engine.values.errors import FlowError
from engine.values.event import Event


class _Call:
    """One call of a step; whether it ran steps inside."""

    __slots__ = ("has_entered", "step")

    def __init__(self, step: Step) -> None:
        self.step = step
        self.has_entered = False


_call: ContextVar[_Call | None] = ContextVar("call_of_step", default=None)


@dataclass(frozen=True)
class _Position:
    """Where a step stands: first or last of its chain."""

    way: Way
    is_first: bool
    is_last: bool


class Tracker:
    """Counts what events pass in one application. `layer` goes around its steps; its handlers tell by themselves."""

    def __init__(self, loaded: Loaded) -> None:
        self._points = points(loaded.parts, loaded.files)
        self._hits: Counter[str] = Counter()
        self._passing: Counter[Step] = Counter()
        self._late: set[Step] = set()
        self._positions: dict[Step, _Position] = {}
        for way in Ways(loaded.parts).all:
            last = len(way.chain.steps) - 1
            for number, step in enumerate(way.chain.steps):
                self._positions[step] = _Position(way, number == 0, number == last)
            if way.taken_by is not None:
                self._listen_to(way.taken_by)

    def layers(self, case: object) -> tuple[Layer, ...]:
        """What goes around the steps in the case that begins."""
        self.end_case()
        return (self.layer,)

    def hits(self) -> Mapping[Point, int]:
        """How often each point was passed; 0 for those that never were."""
        self.end_case()
        hits: Counter[Point] = Counter()
        for key, point in self._points.items():
            hits[point] += self._hits[key]
        return hits

    def end_case(self) -> None:
        """Settle what could not be known before: a stream's steps run after the loop that made it."""
        for step in self._passing.keys() - self._late:
            self._hits[key_of(step.location, step.processor.passes_by)] += self._passing[step]
        self._passing.clear()
        self._late.clear()

    def _listen_to(self, handler: OnError) -> None:
        handle = handler.handle

        async def noted(failure: FlowError, event: Event, outer: FlowError | None) -> Event | None:
            self._hits[key_of(handler.location)] += 1
            return await handle(failure, event, outer)

        vars(handler)["handle"] = noted  # handlers are no steps, so that no layer stands around them

    def layer(self, step: Step, run: Run) -> Run:
        """Counts the calls of a step."""
        position = self._positions.get(step)
        return run if position is None else self._tracked(step, run, position)

    def _tracked(self, step: Step, run: Run, position: _Position) -> Run:
        hits, chain = self._hits, position.way.chain.location or ""
        mine, entered = key_of(step.location), key_of(chain, ENTERED)
        succeeded, failed = key_of(chain, SUCCEEDED), key_of(chain, FAILED)

        async def tracked(event: Event) -> Event:
            hits[mine] += 1
            if position.is_first:
                hits[entered] += 1
                self._enter(position.way)
            call = _Call(step)
            before = _call.set(call)
            try:
                after = await run(event)
            except FlowError as failure:
                hits[failed] += 1
                if failure.failing_component is None:  # it is the step's own
                    hits[key_of(step.location, str(failure.type))] += 1
                raise
            finally:
                _call.reset(before)
            if position.is_last:
                hits[succeeded] += 1
            if step.processor.passes_by and not call.has_entered:
                self._passing[step] += 1
            return after

        return tracked

    def _enter(self, way: Way) -> None:
        """Steps inside a step begin: those of the call under way, or of one that is over."""
        call = _call.get()
        if call is not None and call.step is way.step:
            call.has_entered = True
        elif way.step is not None:
            self._late.add(way.step)
