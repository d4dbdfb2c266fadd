"""Turns elements into code: each is visited once, when all flows are known."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Protocol, Self, TypeGuard

from engine.plan import inside
from engine.plan.code import Code, Handling, Run, guard, row, watched
from engine.plan.effects import ANYTHING, Effects
from engine.plan.inside import Holder, innermost_first, members_of
from engine.plan.observer import Meter, Observer, Serve, watch
from engine.values.errors import FlowError
from engine.values.event import Event
from engine.work.batch import Batching


class Linked(Holder, Protocol):
    """Something that runs the code made from it: a row of steps, a handler, a flow."""

    @property
    def is_of_application(self) -> bool:
        """Whether an application has linked it."""
        ...

    async def run(self, event: Event) -> Event:
        """Run the code that `use` has installed."""
        ...

    def code(self, link: Link) -> Code:
        """Return the code made from it."""
        ...

    def use(self, code: Code, link: Link) -> None:
        """Run this code from now on."""


@lru_cache(1024)
def _has_code(kind: type) -> bool:
    return hasattr(kind, "is_of_application")


def forget_classes() -> None:
    """Hold no classes any more: some have come from modules that are imported anew."""
    _has_code.cache_clear()
    inside.forget_classes()


def is_to_link(value: Any) -> TypeGuard[Linked]:
    """Return whether a value runs by code of its own."""
    return _has_code(type(value))  # type: ignore[arg-type]  # a class is hashable


class Placed(Protocol):
    """A processor at its place, as seen by the linker."""

    @property
    def processor(self) -> Any: ...

    def left(self, error: Exception, event: Event) -> FlowError:
        """Return the error that leaves the row after the step raised this one. event: the one that entered the step."""
        ...


Around = Callable[[Any, Run], Run]
"""Takes a step and its function; returns the function or a replacement: a mock, a fault, a recording."""


def located(step: Placed, error: Exception, event: Event) -> FlowError:
    return step.left(error, event)


def parts_from(starts: Iterable[Any]) -> Iterator[Linked]:
    """Iterate over the parts to link that an event may reach from here, each behind those that it consists of."""
    return filter(is_to_link, innermost_first(*starts))


class Link:
    """One run of linking. It changes nothing before `install`.

    observers: called when an event enters and leaves. around: wrappers of steps. If one replaces the
    function of a step, the effects of that step become ANYTHING; those of all other steps stay as they are.
    meters: wrap the functions that serve the events of sources, run flows, and are steps.
    batches: whether statements of several items may be committed together. in_python: whether the parts were put
    together in Python, and are linked at their first event: those of an application keep the code that it gave them.
    """

    def __init__(
        self,
        observers: Sequence[Observer] = (),
        around: Sequence[Around] = (),
        meters: Sequence[Meter] = (),
        *,
        batches: bool = True,
        in_python: bool = False,
    ) -> None:
        self.watch = watch(observers)
        self._batches = batches
        self.in_python = in_python
        self._around = around
        self._meters = meters
        self._codes: dict[int, tuple[Linked, Code]] = {}
        self._inherited: list[tuple[Any, dict[str, Any]]] = []

    def link(self, starts: Iterable[Any]) -> Self:
        """Make the code of everything an event may reach from here."""
        return self.link_each(parts_from(starts))

    def link_each(self, reached: Iterable[Linked]) -> Self:
        """Make the code of parts, each of which stands behind those that it consists of."""
        parts = [part for part in reached if id(part) not in self._codes and not self._keeps(part)]
        self._codes.update({id(part): (part, _late(part)) for part in parts})
        for part in parts:
            self._codes[id(part)] = part, part.code(self)
        return self

    def _keeps(self, part: Linked) -> bool:
        """Return whether a part keeps the code that an application gave it."""
        return self.in_python and part.is_of_application

    def install(self) -> None:
        """Make every linked part run its code."""
        for part, code in self._codes.values():
            part.use(code, self)
        for processor, runs in self._inherited:
            processor._prepare(**runs)  # `run` of its own calls super().run

    def code(self, part: Linked) -> Code:
        """Return the code of a row, a handler or a flow. The effects of one that leads back to itself are ANYTHING."""
        if id(part) not in self._codes:
            self.link([part])
        return self._codes[id(part)][1] if id(part) in self._codes else _late(part)

    def row(self, steps: Sequence[Any]) -> Code:
        """Return code that runs the steps one after another."""
        return row(steps, [self.step(step) for step in steps], located, self.watch)

    def guard(self, body: Code, handling: Handling) -> Code:
        """Return code whose errors go to an error handler."""
        return guard(body, handling, [self.code(each) for each in members_of(handling) if is_to_link(each)])

    def batching(self, effects: Effects) -> Batching | None:
        """Return the resource whose statements steps with these effects commit together; None if there is none."""
        return effects.batching if self._batches else None

    def watched(self, node: Any, code: Code) -> Code:
        """Return the code wrapped in calls of the observers."""
        return watched(node, code, self.watch)

    def serving(self, flow: Any, serve: Serve) -> Serve:
        """Return the function that serves the events of a flow's source, wrapped by the meters."""
        for meter in self._meters:
            serve = meter.serving(flow, serve)
        return serve

    def running(self, flow: Any, run: Run) -> Run:
        """Return the function that runs a flow for those who call it by its name, likewise."""
        for meter in self._meters:
            run = meter.running(flow, run)
        return run

    def step(self, step: Placed) -> Code:
        """Return the code of one step, with the wrappers that its parameters and the tests add."""
        processor = step.processor
        code: Code = processor.bounded(processor.code(self))
        code = code._replace(effects=code.effects | processor.effects)
        for meter in self._meters:
            code = meter.stepping(step, code)
        if inherited := processor.inherited(self):
            self._inherited.append((processor, {name: each.awaited for name, each in inherited.items()}))
        return self._with_around(step, code) if self._around else code

    def _with_around(self, step: Placed, code: Code) -> Code:
        own: Run = code.awaited
        run = own
        for around in self._around:
            run = around(step, run)
        return code if run is own else Code(run, None, ANYTHING)


def _late(part: Linked) -> Code:
    def run(event: Event) -> Awaitable[Event]:
        return part.run(event)

    return Code(run, None, ANYTHING)
