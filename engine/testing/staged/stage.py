"""The stage of a test: it links its application for each case, with its doubles and observers."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple

from engine.plan.link import Around, Link, Linked, parts_from
from engine.plan.observer import Node, Observer
from engine.steps.chain import Step
from engine.values.errors import FlowError
from engine.values.event import Event

FIRST, LAST = 30, 30
"""How many steps of a long path are kept: its beginning, and its end."""


class Layers(NamedTuple):
    """The layers that a case adds to the steps.

    around: the layers themselves, the first one innermost. observers: the observers; the last one is notified first
    when something has left.
    """

    around: Sequence[Around] = ()
    observers: Sequence[Observer] = ()
    batches: bool = True
    """Whether statements of several items may be committed together."""


NO_LAYERS = Layers()


class Stage:
    """The steps of an application under test, and the parts that are linked anew for each case."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = steps
        self._parts: Sequence[Linked] = ()
        self._always: tuple[Around, ...] = ()

    def open(self, starts: Iterable[Any], *always: Around) -> None:
        """Link everything that an event may reach from here. always: layers that stay, whatever `set` adds."""
        self._parts, self._always = list(parts_from(starts)), always
        self.set(NO_LAYERS)

    def set(self, layers: Layers) -> None:
        """Link the application again, with these layers instead of those before."""
        link = Link(layers.observers, [*self._always, *layers.around], batches=layers.batches)
        link.link_each(self._parts).install()


class Passage:
    """One step of the path: its outer step, and its result; one that is neither over nor failed was cut off."""

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
        """Return how often each element ran, by its name, and by its doc:name."""
        counted: Counter[str] = Counter()
        for step, times in self.runs.items():
            counted[step.name] += times
            if step.processor.doc_name:
                counted[step.processor.doc_name] += times
        return dict(counted)
