"""From elements to code: each is visited once, when all flows are known."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Protocol, Self, TypeGuard

from engine.plan.code import Code, Handling, Run, guard, row, watched
from engine.plan.effects import ANYTHING, Effects
from engine.plan.inside import Holder, innermost_first, members_of
from engine.plan.observer import Observer, Watch, watch
from engine.values.errors import FlowError
from engine.values.event import Event
from engine.work.batch import Batching


class Linked(Holder, Protocol):
    """What runs by the code that is made of it: a row of steps, a handler, a flow."""

    @property
    def is_linked(self) -> bool:
        """Whether it has its code."""
        ...

    async def run(self, event: Event) -> Event:
        """Run its code, once `use` has put it there."""
        ...

    def code(self, link: Link) -> Code:
        """What it becomes."""
        ...

    def use(self, code: Code, watch: Watch | None) -> None:
        """Run this code from now on."""


@lru_cache(1024)
def _has_code(kind: type) -> bool:
    return hasattr(kind, "is_linked")


def is_to_link(value: Any) -> TypeGuard[Linked]:
    """Return whether a value runs by code of its own."""
    return _has_code(type(value))


class Placed(Protocol):
    """A processor at its place, as the linker sees it."""

    @property
    def processor(self) -> Any: ...

    def left(self, error: Exception, event: Event) -> FlowError:
        """The error that leaves the row of the step that raised one when this event entered."""
        ...


Around = Callable[[Any, Run], Run]
"""Takes a step and its function; returns that, or another one: a mock, a fault, a recording."""


def located(step: Placed, error: Exception, event: Event) -> FlowError:
    return step.left(error, event)


class Link:
    """One run of linking. What it finds out changes nothing before `install`.

    observers: who looks on. around: what stands around steps; the step of which one returns another function may do
    anything, for those who decide by its effects; all others stay as they are. batches: whether statements of several
    items may be committed together. anew: whether what has its code gets another one; otherwise it keeps that.
    """

    def __init__(
        self,
        observers: Sequence[Observer] = (),
        around: Sequence[Around] = (),
        *,
        batches: bool = True,
        anew: bool = True,
    ) -> None:
        self.watch = watch(observers)
        self._batches = batches
        self._anew = anew
        self._around = around
        self._codes: dict[int, tuple[Linked, Code]] = {}
        self._inherited: list[tuple[Any, dict[str, Any]]] = []

    def link(self, starts: Iterable[Any]) -> Self:
        """Make the code of all that an event may come to from here."""
        reached = filter(is_to_link, innermost_first(*starts))
        new = [part for part in reached if id(part) not in self._codes]
        parts = [part for part in new if self._anew or not part.is_linked]
        self._codes.update({id(part): (part, _late(part)) for part in parts})
        for part in parts:
            self._codes[id(part)] = part, part.code(self)
        return self

    def install(self) -> None:
        """Have all that was linked run its code."""
        for part, code in self._codes.values():
            if self._anew or not part.is_linked:
                part.use(code, self.watch)
        for processor, runs in self._inherited:
            processor._prepare(**runs)  # `run` of its own calls super().run

    def code(self, part: Linked) -> Code:
        """The code of a row, a handler, or a flow. Of one that leads back to itself nothing is known."""
        if id(part) not in self._codes:
            self.link([part])
        return self._codes[id(part)][1] if id(part) in self._codes else _late(part)

    def row(self, steps: Sequence[Any]) -> Code:
        """Steps one after another."""
        return row(steps, [self.step(step) for step in steps], located, self.watch)

    def guard(self, body: Code, handling: Handling) -> Code:
        """Code whose errors an error handler takes."""
        return guard(body, handling, [self.code(each) for each in members_of(handling) if is_to_link(each)])

    def batching(self, effects: Effects) -> Batching | None:
        """The resource whose statements are committed together for steps with these effects, if there is one."""
        return effects.batching if self._batches else None

    def watched(self, node: Any, code: Code) -> Code:
        """The code with the observers around it."""
        return watched(node, code, self.watch)

    def step(self, step: Placed) -> Code:
        """The code of one step, with what its parameters and the tests put around it."""
        processor = step.processor
        code: Code = processor.bounded(processor.code(self))
        code = code._replace(effects=code.effects | processor.effects)
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
