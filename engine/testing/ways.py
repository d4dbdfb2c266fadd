"""The ways through the flows of an application, known before an event takes one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from engine.core.chain import Chain, Step
from engine.core.element import raised_types
from engine.core.error_handler import ErrorHandler, OnError
from engine.core.errors import COMPOSITE_ROUTING, ErrorType, FlowError
from engine.core.flow import Flow
from engine.core.nesting import Runnable
from engine.loading.loader import Parts
from engine.openapi.anatomy import Inner, inner_steps
from engine.openapi.rehearsal import UNKNOWN, Outcome, Rehearsal
from engine.openapi.states import Failure
from engine.serving.route import HttpSource


@dataclass(frozen=True, eq=False)
class Way:
    """Steps in a row, and what stands around them.

    flow: the flow or sub-flow that they belong to. step: the scope or router that holds them; None where the flow
    itself does. outer: where that step stands. handlers: what takes their errors. taken_by: whose steps they are,
    where they are those of a handler.
    """

    chain: Chain
    flow: str
    step: Step | None = None
    outer: Way | None = None
    handlers: ErrorHandler | None = None
    taken_by: OnError | None = None


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
        """The steps that stand inside a step, not those of the flows that it calls."""
        inside = inner_steps(step.processor)
        return [each for each in inside if isinstance(each.steps, Chain) and id(each.steps) not in self._flows]

    def _called_by(self, step: Step) -> Iterator[str]:
        called = (id(each.steps) for each in inner_steps(step.processor))
        return (self._flows[each] for each in called if each in self._flows)

    def served(self, way: Way) -> set[str]:
        """The flows with an HTTP source whose requests may take the way."""
        return set(self._served(way.flow, set()))

    def _served(self, flow: str, seen: set[str]) -> Iterator[str]:
        if flow in seen:
            return
        seen.add(flow)
        if is_served(self._parts.runnables[flow]):
            yield flow
        for caller in self._callers[flow]:
            yield from self._served(caller.flow, seen)

    def left_by(self, way: Way, step: Step, raised: ErrorType) -> set[str]:
        """The flows with an HTTP source that an error leaves which the step raises."""
        left = step.processor.map_error(FlowError(raised, str(raised))).type
        return set(self._left_by(way, left, set()))

    def _left_by(self, way: Way, raised: ErrorType, seen: set[str]) -> Iterator[str]:
        if way.handlers is not None and not _passes(way.handlers, raised):
            return
        if way.step is not None and way.outer is not None:
            if not way.step.processor.keeps(raised):
                is_gathered = COMPOSITE_ROUTING in raised_types(way.step.processor)
                yield from self._left_by(way.outer, COMPOSITE_ROUTING if is_gathered else raised, seen)
            return
        if way.flow not in seen:
            seen.add(way.flow)
            yield from [way.flow] if is_served(self._parts.runnables[way.flow]) else []
            for caller in self._callers[way.flow]:
                yield from self._left_by(caller, raised, seen)


def is_served(runnable: Runnable) -> bool:
    """Whether HTTP requests start it."""
    return isinstance(runnable, Flow) and isinstance(runnable.source, HttpSource)


def _passes(handlers: ErrorHandler, raised: ErrorType) -> bool:
    """Whether an error may leave the handlers: none takes it, or one propagates it."""
    ended = Rehearsal().handled(Outcome((), (Failure(raised, UNKNOWN),)), handlers)
    return any(failure.type == raised for failure in ended.failures)
