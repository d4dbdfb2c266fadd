"""The ways through the flows of an application, known before an event takes one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from engine.analysis.rehearsal import UNKNOWN, Outcome, Rehearsal, failure_of
from engine.analysis.states import Failure
from engine.loading.loader import Parts
from engine.parameters.element import Parameters, raised_types
from engine.parameters.type_patterns import TypePatterns
from engine.plan.inside import own_parts
from engine.serving.route import HttpSource
from engine.steps.chain import Chain, Step
from engine.steps.error_handler import ErrorHandler, OnError
from engine.steps.flow import Flow
from engine.steps.inner import Inner, inner_steps
from engine.values.errors import COMPOSITE_ROUTING, ErrorType
from engine.values.status import status_of, status_of_type
from engine.work.nesting import Runnable


@dataclass(frozen=True, eq=False)
class Way:
    """Steps in a row, and the scopes around them.

    flow: the flow or sub-flow that they belong to. step: the scope or router that holds them; None if it is the flow
    itself. outer: the way of that step. handlers: the handlers of their errors. taken_by: the handler whose steps they
    are, if they are those of one.
    """

    chain: Chain
    flow: str
    step: Step | None = None
    outer: Way | None = None
    handlers: ErrorHandler | None = None
    taken_by: OnError | None = None


class Met(NamedTuple):
    """A handler that takes an error, or a scope that it leaves; answers: how the scope classifies its type."""

    location: str
    answers: tuple[bool, ...] = ()


class Left(NamedTuple):
    """A flow with an HTTP source that an error leaves, and the status for its type."""

    flow: str
    status: int


class Ways:
    """All ways of an application."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._flows = {id(runnable): name for name, runnable in parts.runnables.items()}
        self._handlers: set[int] = set()
        self.all = [way for name, runnable in parts.runnables.items() for way in self._of(name, runnable)]
        self._callers: dict[str, list[Way]] = defaultdict(list)
        for way in self.all:
            for name in (name for step in way.chain.steps for name in self._called_by(step)):
                self._callers[name].append(way)

    def _of(self, name: str, runnable: Runnable) -> Iterator[Way]:
        if isinstance(runnable, Flow):
            yield from self._inside(Way(runnable.steps, name, handlers=runnable.error_handler))
        elif isinstance(runnable, Chain):
            yield from self._inside(Way(runnable, name))

    def _inside(self, way: Way) -> Iterator[Way]:
        yield way
        for step in way.chain.steps:
            for inner in self.inner(step):
                assert isinstance(inner.steps, Chain)
                yield from self._inside(Way(inner.steps, way.flow, step, way, inner.handler))
        for handler in way.handlers.handlers if way.handlers else ():
            if id(handler) not in self._handlers:  # several flows may share it
                self._handlers.add(id(handler))
                yield from self._inside(Way(handler.steps, way.flow, way.step, way.outer, taken_by=handler))

    def inner(self, step: Step) -> list[Inner]:
        """Return the steps inside a step, not those of the flows that it calls."""
        inside = inner_steps(step.processor)
        return [each for each in inside if isinstance(each.steps, Chain) and id(each.steps) not in self._flows]

    def _called_by(self, step: Step) -> Iterator[str]:
        called = (id(each.steps) for each in inner_steps(step.processor))
        return (self._flows[each] for each in called if each in self._flows)

    def served(self, way: Way) -> set[str]:
        """Return the flows with an HTTP source whose requests may take the way."""
        return set(self._served(way.flow, set()))

    def _served(self, flow: str, seen: set[str]) -> Iterator[str]:
        if flow in seen:
            return
        seen.add(flow)
        if is_served(self._parts.runnables[flow]):
            yield flow
        for caller in self._callers[flow]:
            yield from self._served(caller.flow, seen)

    def fate(self, way: Way, step: Step, raised: ErrorType) -> frozenset[Met | Left]:
        """Return the handlers and scopes that an error of the step meets: two with the same fate need one test."""
        left = step.processor.map_error(failure_of(step.processor, raised, str(raised)))
        return frozenset(self._fate(way, left.type, status_of(left), set()))

    def _fate(self, way: Way, raised: ErrorType, status: int, seen: set[str]) -> Iterator[Met | Left]:
        if way.handlers is not None:
            yield from (Met(handler.location) for handler in _takers(way.handlers, raised))
            if not _passes(way.handlers, raised):
                return
        if way.step is not None and way.outer is not None:
            scope = way.step.processor
            yield Met(way.step.location, tuple(_answers(scope, raised)))
            if not scope.keeps(raised):
                if COMPOSITE_ROUTING in raised_types(scope):
                    raised, status = COMPOSITE_ROUTING, status_of_type(COMPOSITE_ROUTING)
                yield from self._fate(way.outer, raised, status, seen)
        elif way.flow not in seen:
            seen.add(way.flow)
            if is_served(self._parts.runnables[way.flow]):
                yield Left(way.flow, status)
            for caller in self._callers[way.flow]:
                yield from self._fate(caller, raised, status, seen)


def _takers(handlers: ErrorHandler, raised: ErrorType) -> Iterator[OnError]:
    """Yield the handlers that may take an error: the first, and those before it that check more than its type."""
    for handler in handlers.handlers:
        if handler.type.match_type(raised):
            yield handler
            if handler.when is None:
                return


def _answers(holder: Parameters, raised: ErrorType) -> Iterator[bool]:
    """Return whether an error is of the types that a scope treats differently, such as those that it tries again."""
    patterns = (each for each in own_parts(holder) if isinstance(each, TypePatterns))
    return (each.match_type(raised) for each in patterns)


def is_served(runnable: Runnable) -> bool:
    """Return whether HTTP requests start it."""
    return isinstance(runnable, Flow) and isinstance(runnable.source, HttpSource)


def _passes(handlers: ErrorHandler, raised: ErrorType) -> bool:
    """Return whether an error may leave the handlers: none takes it, or one propagates it."""
    ended = Rehearsal().handled(Outcome((), (Failure(raised, UNKNOWN),)), handlers)
    return any(failure.type == raised for failure in ended.failures)
