"""The points that the cases of a test file passed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass

from engine.plan.observer import Node
from engine.steps.chain import Step
from engine.steps.error_handler import OnError
from engine.testing.covered.points import ENTERED, FAILED, SUCCEEDED, Point, key_of, points
from engine.testing.covered.ways import Way, Ways
from engine.testing.files.suite import Loaded
from engine.testing.staged.stage import Layers
from engine.values.errors import FlowError
from engine.values.event import Event


class _Call:
    """One call of a step; the call around it; whether it ran steps inside."""

    __slots__ = ("has_entered", "outer", "step")

    def __init__(self, step: Step, outer: _Call | None) -> None:
        self.step = step
        self.outer = outer
        self.has_entered = False


_call: ContextVar[_Call | None] = ContextVar("call_of_step", default=None)


@dataclass(frozen=True)
class _Position:
    """The position of a step: first or last of its chain."""

    way: Way
    is_first: bool
    is_last: bool

    @property
    def chain(self) -> str:
        """The location of the chain."""
        return self.way.chain.location or ""


class Tracker:
    """Counts the points that events pass in one application: an observer of its steps and handlers."""

    def __init__(self, loaded: Loaded) -> None:
        self._points = points(loaded.parts, loaded.files)
        self._hits: Counter[str] = Counter()
        self._passing: Counter[Step] = Counter()
        self._late: set[Step] = set()
        self._positions: dict[Node, _Position] = {}
        for way in Ways(loaded.parts).all:
            last = len(way.chain.steps) - 1
            for number, step in enumerate(way.chain.steps):
                self._positions[step] = _Position(way, number == 0, number == last)

    def layers(self, case: object) -> Layers:
        """Return the layers for the steps in the case that begins: only an observer."""
        self.end_case()
        return Layers(observers=[self])

    def hits(self) -> Mapping[Point, int]:
        """Return how often each point was passed; 0 for those that never were."""
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

    def entered(self, node: Node, event: Event) -> None:
        if isinstance(node, OnError):
            self._hits[key_of(node.location)] += 1
        position = self._positions.get(node)
        if position is None:
            return
        self._hits[key_of(node.location)] += 1
        if position.is_first:
            self._hits[key_of(position.chain, ENTERED)] += 1
            self._enter(position.way)
        _call.set(_Call(node, _call.get()))

    def left(self, node: Node, event: Event, failure: BaseException | None) -> None:
        position, call = self._positions.get(node), _call.get()
        if position is None or call is None:
            return
        _call.set(call.outer)
        if isinstance(failure, FlowError):
            self._hits[key_of(position.chain, FAILED)] += 1
            if failure.failing_component == node.location:  # it is the step's own
                self._hits[key_of(node.location, str(_as_raised(node, failure).type))] += 1
        if failure is not None:
            return
        if position.is_last:
            self._hits[key_of(position.chain, SUCCEEDED)] += 1
        if node.processor.passes_by and not call.has_entered:
            self._passing[node] += 1

    def _enter(self, way: Way) -> None:
        """Note that steps inside a step begin: those of the call under way, or of one that is over."""
        call = _call.get()
        if call is not None and call.step is way.step:
            call.has_entered = True
        elif way.step is not None:
            self._late.add(way.step)


def _as_raised(step: Step, failure: FlowError) -> FlowError:
    """Return the error as the step raised it, before its error-mapping."""
    cause = failure.__cause__
    is_mapped = isinstance(cause, FlowError) and step.processor.map_error(cause).type == failure.type
    return cause if is_mapped and isinstance(cause, FlowError) else failure
