"""Where a test stands between a chain and its steps.

A Stage is handed to the loader, which asks it what to call for each step. What it gives is a probe:
what a call of the step goes through is told afterwards, by layers, and may be told anew.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from contextvars import ContextVar

from engine.steps.chain import Step
from engine.steps.processor import Run
from engine.values.errors import FlowError
from engine.values.event import Event

Layer = Callable[[Step, Run], Run]
"""Puts something around the run of a step, or gives it as it is: a mock, a spy, a fault, counting."""

FIRST, LAST = 30, 30
"""How many steps of a long path are kept: how it began, and where it ended."""


class Probe:
    """What a chain calls for one step."""

    __slots__ = ("call", "own", "step")

    def __init__(self, step: Step, own: Run) -> None:
        self.step = step
        self.own = own
        self.call = own

    async def run(self, event: Event) -> Event:
        return await self.call(event)


class Stage:
    """All probes of an application."""

    def __init__(self) -> None:
        self.probes: list[Probe] = []
        self._always: tuple[Layer, ...] = ()

    def wrap(self, step: Step, run: Run) -> Run:
        """What the loader calls for each step."""
        probe = Probe(step, run)
        self.probes.append(probe)
        return probe.run

    @property
    def steps(self) -> list[Step]:
        return [probe.step for probe in self.probes]

    def always(self, *layers: Layer) -> None:
        """Put layers around each step that stay, whatever `set` puts around them."""
        self._always = layers
        self.set(())

    def set(self, layers: Iterable[Layer]) -> None:
        """Put the layers around each step, the first one innermost."""
        layers = [*self._always, *layers]
        for probe in self.probes:
            call = probe.own
            for layer in layers:
                call = layer(probe.step, call)
            probe.call = call


class Passage:
    """One step of the path: at which depth, and what became of it; neither over nor failed, it was cut off."""

    __slots__ = ("depth", "failure", "is_over", "step")

    def __init__(self, step: Step, depth: int) -> None:
        self.step = step
        self.depth = depth
        self.failure: FlowError | None = None
        self.is_over = False


_depth: ContextVar[int] = ContextVar("depth_of_path", default=0)


class Journal:
    """The path that events took, how often each step ran, and how the last step ended.

    Is a layer; the outermost, so that it sees what mocks did.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.beginning: list[Passage] = []
        self.end: deque[Passage] = deque(maxlen=LAST)
        self.steps_between = 0
        self.runs: Counter[Step] = Counter()
        self.event: Event | None = None
        self.failure: FlowError | None = None

    def __call__(self, step: Step, run: Run) -> Run:
        async def noted(event: Event) -> Event:
            passage = Passage(step, _depth.get())
            self._note(passage)
            self.runs[step] += 1
            before = _depth.set(passage.depth + 1)
            try:
                event = await run(event)
            except FlowError as failure:
                passage.failure = self.failure = failure
                raise
            finally:
                _depth.reset(before)
            passage.is_over = True
            self.event, self.failure = event, event.error
            return event

        return noted

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
