"""Faults: errors and delays that a case adds to steps, which otherwise do their own work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Annotated, Any

from pydantic import Field

from engine.analysis.rehearsal import failure_of
from engine.expressions.suggestion import did_you_mean
from engine.parameters.amounts import Duration
from engine.parameters.element import raised_types
from engine.parameters.mistake import Mistake, refuse
from engine.plan.code import Run
from engine.plan.observer import Node
from engine.steps.chain import Step
from engine.steps.inner import inner_steps
from engine.testing.expected.outcome import Mismatch
from engine.testing.expected.selecting import Selecting, path_of
from engine.testing.staged.doubles import MockedType
from engine.testing.staged.stage import Layers
from engine.values.errors import ErrorType, FlowError
from engine.values.event import Event

FIRST = "/steps/0"


class Fault(Selecting):
    """An error, a delay, or both, of some calls of some steps. One that strikes no call has failed."""

    item: Annotated[int, Field(ge=1)] | None = None
    """The number, from 1, of the item of the loop around the step whose calls are struck; all items, if left out."""

    raise_: Annotated[MockedType | None, Field(alias="raise")] = None
    """The type of the error, which the step then raises instead of doing its work."""

    times: Annotated[int, Field(ge=1)] | None = None
    """How many calls it strikes, the first ones; all, if left out."""

    delay: Duration = 0.0
    """How long a call waits first, on the clock of the case: if sources are off it takes no time."""

    def __post_init__(self) -> None:
        if self.raise_ is None and not self.delay:
            refuse([Mistake("F703", "a fault that does nothing", "raise, delay, or both", "raise: DB:CONNECTIVITY")])

    def missing(self, steps: Mapping[str, Sequence[Step]]) -> Mistake | None:
        """Return the mistake that no step matches, or that none of the matching ones raises the error."""
        meant = [step for step in steps.get(self.processor, ()) if self.selects(step)]
        if not meant or self.raise_ is None:
            return super().missing(steps)
        raised = self.raise_.known(self.raise_.patterns[0])
        if raised is None:  # an unknown name is reported as such
            return None
        if any(_may_raise(step, raised) for step in meant):
            return None
        names = list(dict.fromkeys(str(each) for step in meant for each in raised_types(step.processor)))
        found = f"{raised}, which {meant[0].name} never raises"
        close = did_you_mean(str(raised), names)
        expected = f"an error that it declares: {', '.join(names)}"
        return Mistake("F702", found, expected, close, self.raise_.place)

    def failure(self, step: Step) -> FlowError | None:
        """Return the error that the step raises."""
        if self.raise_ is None:
            return None
        raised = self.raise_.raised()
        return failure_of(step.processor, raised, f"a fault: {raised}")


def _may_raise(step: Step, raised: ErrorType) -> bool:
    """Return whether the step declares the error; one that runs other steps, or Python, may raise any."""
    declared = raised_types(step.processor)
    return not declared or bool(inner_steps(step.processor)) or raised in declared


class _Loop:
    """A loop under way. first: the path of the first of its steps; count: how many items, or rounds, have begun."""

    def __init__(self, first: str, outer: _Loop | None, number: int | None) -> None:
        self.first = first
        self.outer = outer
        self.number = number
        """The number of the item of the outer loop."""
        self.count = 0


_loop: ContextVar[_Loop | None] = ContextVar("loop", default=None)
_number: ContextVar[int | None] = ContextVar("number_of_item", default=None)


class Items:
    """An observer that knows which item of a loop is under way."""

    def __init__(self) -> None:
        self._counters: set[str] = set()
        self._firsts: set[str] = set()

    def number(self, event: Event) -> int | None:
        """Return the number of the item; if it was left with a stream, by the loop's counter."""
        counters = (event.vars[name] for name in self._counters if name in event.vars)
        return _number.get() or next(counters, None)

    def entered(self, node: Node, event: Event) -> None:
        if not isinstance(node, Step):
            return
        path = path_of(node)
        if path.endswith(FIRST):
            self._begin_item(path)
        if _is_loop(node):
            self._counters.add(getattr(node.processor, "counter_variable_name", ""))
            first = f"{path}/{node.name}{FIRST}"
            self._firsts.add(first)
            _loop.set(_Loop(first, _loop.get(), _number.get()))
            _number.set(None)

    def _begin_item(self, path: str) -> None:
        loop = _loop.get()
        if loop is not None and loop.first == path:
            loop.count += 1
            _number.set(loop.count)
        elif path in self._firsts:  # a stream is being read whose loop has ended
            _number.set(None)

    def left(self, node: Node, event: Event, failure: BaseException | None) -> None:
        loop = _loop.get()
        if isinstance(node, Step) and _is_loop(node) and loop is not None:
            _loop.set(loop.outer)
            _number.set(loop.number)


def _is_loop(step: Step) -> bool:
    return step.processor.repeats or hasattr(step.processor, "collection")


class Faults:
    """The faults of a case at work: how often each has struck."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self._struck = dict.fromkeys(faults, 0)
        self._items = Items()

    def layers(self) -> Layers:
        """Return the layers that the faults add to the steps."""
        return Layers([self._around], [self._items]) if self._struck else Layers()

    def idle(self) -> list[Mismatch]:
        """Return the faults that struck no call."""
        idle = (fault for fault, times in self._struck.items() if not times)
        return [Mismatch(f"faults of {fault.processor}", {"$gte": 1}, 0, place=_place(fault)) for fault in idle]

    def _around(self, step: Step, run: Run) -> Run:
        for fault in self._struck:
            if fault.selects(step):
                run = self._struck_by(fault, step, run)
        return run

    def _struck_by(self, fault: Fault, step: Step, run: Run) -> Run:
        async def struck(event: Event) -> Event:
            if not self._means(fault, step, event):
                return await run(event)
            self._struck[fault] += 1
            if fault.delay:
                await step.processor.runtime.clock.sleep(fault.delay)
            failure = fault.failure(step)
            if failure is not None:
                raise failure
            return await run(event)

        return struck

    def _means(self, fault: Fault, step: Step, event: Event) -> bool:
        if fault.times is not None and self._struck[fault] >= fault.times:
            return False
        return (fault.item is None or fault.item == self._items.number(event)) and fault.fits(step, event)


def _place(fault: Fault) -> Any:
    return getattr(fault.processor, "place", None)
