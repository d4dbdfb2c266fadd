"""Where a test links its application: anew for each case, with its doubles and with who looks on."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple

from engine.plan.link import Around, Link
from engine.plan.observer import Node, Observer
from engine.steps.chain import Step
from engine.values.errors import FlowError
from engine.values.event import Event

FIRST, LAST = 30, 30
"""How many steps of a long path are kept: how it began, and where it ended."""


class Layers(NamedTuple):
    """What a case puts upon the steps.

    around: what stands around them, the first one innermost. observers: who looks on; the last one is told first what
    has left.
    """

    around: Sequence[Around] = ()
    observers: Sequence[Observer] = ()
    batches: bool = True
    """Whether statements of several items may be committed together."""


NO_LAYERS = Layers()


class Stage:
    """The steps of an application under test, and all that they are linked from."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = steps
        self._starts: Sequence[Any] = ()
        self._always: tuple[Around, ...] = ()

    def open(self, starts: Iterable[Any], *always: Around) -> None:
        """Link what an event may come to from here. always: what stays around steps, whatever `set` puts there."""
        self._starts, self._always = list(starts), always
        self.set(NO_LAYERS)

    def set(self, layers: Layers) -> None:
        """Link the application anew, with these layers in the place of those before."""
        link = Link(layers.observers, [*self._always, *layers.around], batches=layers.batches)
        link.link(self._starts).install()


class Passage:
    """One step of the path: inside of which, and what became of it; neither over nor failed, it was cut off."""

    __slots__ = ("depth", "failure", "is_over", "outer", "step")

    def __init__(self, step: Step, outer: Passage | None) -> None:
        self.step = step
        self.outer = outer
        self.depth: int = 0 if outer is None else outer.depth + 1
        self.failure: FlowError | None = None
        self.is_over = False


_passage: ContextVar[Passage | None] = ContextVar("passage_under_way", default=None)


class Journal:
    """The path that events took, how often each step ran, and how the last step ended."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.beginning: list[Passage] = []
        self.end: deque[Passage] = deque(maxlen=LAST)
        self.steps_between = 0
        self.runs: Counter[Step] = Counter()
        self.event: Event | None = None
        self.failure: FlowError | None = None

    def entered(self, node: Node, event: Event) -> None:
        if not isinstance(node, Step):
            return
        passage = Passage(node, _passage.get())
        _passage.set(passage)
        self._note(passage)
        self.runs[node] += 1

    def left(self, node: Node, event: Event, failure: BaseException | None) -> None:
        passage = _passage.get()
        if not isinstance(node, Step) or passage is None:
            return
        _passage.set(passage.outer)
        if failure is None:
            passage.is_over = True
            self.event, self.failure = event, event.error
        elif isinstance(failure, FlowError):
            passage.failure = self.failure = failure

    def _note(self, passage: Passage) -> None:
        if len(self.beginning) < FIRST:
            self.beginning.append(passage)
            return
        self.steps_between += len(self.end) == LAST
        self.end.append(passage)

    def calls(self) -> dict[str, int]:
        """How often each element ran, by its name, and by its doc:name."""
        counted: Counter[str] = Counter()
        for step, times in self.runs.items():
            counted[step.name] += times
            if step.processor.doc_name:
                counted[step.processor.doc_name] += times
        return dict(counted)
