"""Steps in a row: the one place that adds to an error where it happened."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from msgspec import UNSET, UnsetType

from engine.expressions.budget import begin, here
from engine.parameters.expression import Written
from engine.parameters.loading import Elements
from engine.parameters.validated import typed
from engine.steps.processor import Processor, Run, RunAtOnce
from engine.values.errors import UNKNOWN, FlowError
from engine.values.event import Event
from engine.work.held_lines import write_line
from engine.work.turns import MUCH, give_turn_after_much

log = logging.getLogger("engine")


class Step:
    """A processor at its place in a chain.

    name: the element's name (`set-payload`).
    location: what failingComponent shows (`flow/steps/2/try/steps/0 @ flows/x.yaml:23`).
    run: what the chain calls; is_wrapped: whether a test put something around the processor's own.
    written: its parameters as the file has them, kept for the tests that put something around it.
    """

    __slots__ = ("is_wrapped", "location", "name", "processor", "run", "written")

    def __init__(
        self,
        processor: Processor,
        name: str | None = None,
        location: str | None = None,
        *,
        wrap: Wrap | None = None,
        written: Written | None = None,
    ) -> None:
        self.processor = processor
        self.name = name or type(processor).__name__
        self.location = location or self.name
        self.written = written
        self.is_wrapped = wrap is not None
        run = processor.runner()
        self.run: Run = run if wrap is None else wrap(self, run)


Wrap = Callable[[Step, Run], Run]
"""What a test puts around the run of each step while the flows are loaded."""


class Chain(Elements):
    """Runs steps in order; the event of each is the input of the next.

    An error leaves with the place of the step that raised it and the event as it entered that step,
    under the type that the step's error-mapping gives it. `location`: where the steps stand, for errors of the whole.
    """

    __slots__ = ("_run_at_once", "_runs", "location", "run", "steps")
    held = Processor
    word = "steps"
    schema = typed("array", items=typed("object"))

    run: Callable[[Event], Coroutine[Any, Any, Event]]
    """The event after the steps."""

    def __init__(self, steps: Sequence[Step | Processor] = (), location: str | None = None) -> None:
        self.location = location
        self.steps = tuple(step if isinstance(step, Step) else Step(step) for step in steps)
        self._runs = tuple(step.run for step in self.steps)
        self._run_at_once: RunAtOnce | UnsetType | None = UNSET
        self.run = _run_alone(self.steps[0]) if len(self.steps) == 1 else self._run_all

    async def _run_all(self, event: Event) -> Event:
        run: Any = None
        budget = here() or begin()
        try:
            for run in self._runs:
                event = await run(event)
                if budget.spent > MUCH:
                    await give_turn_after_much()
        except Exception as error:
            raise _left(self.steps[self._runs.index(run)], error, event)  # noqa: B904  # it says what it is from
        return event

    def runner_at_once(self) -> RunAtOnce | None:
        """`run` as a plain function, for loops whose items never wait; None, where a step may wait, or leads back."""
        if self._run_at_once is UNSET:
            self._run_at_once = None  # for steps that lead back here
            self._run_at_once = self._make_runner_at_once()
        return self._run_at_once

    def _make_runner_at_once(self) -> RunAtOnce | None:
        runs = [None if step.is_wrapped else step.processor.runner_at_once() for step in self.steps]
        known = tuple(run for run in runs if run)
        return _runner_at_once(self.steps, known) if len(known) == len(runs) else None


def _run_alone(step: Step) -> Callable[[Event], Coroutine[Any, Any, Event]]:
    """What a chain of one step runs: most chains are, and a loop runs theirs for each item."""
    run = step.run

    async def run_alone(event: Event) -> Event:
        try:
            return await run(event)  # turns are given around it, where more is run
        except Exception as error:
            raise _left(step, error, event)  # noqa: B904  # it says what it is from

    return run_alone


def _runner_at_once(steps: tuple[Step, ...], runs: tuple[RunAtOnce, ...]) -> RunAtOnce:
    """What a chain runs where no step waits: the same as above, without a coroutine for each step."""
    if len(runs) == 1:
        (alone,) = runs

        def run_alone(event: Event) -> Event:
            try:
                return alone(event)
            except Exception as error:
                raise _left(steps[0], error, event)  # noqa: B904  # it says what it is from

        return run_alone

    def run_all(event: Event) -> Event:
        run: Any = None
        try:
            for run in runs:
                event = run(event)
        except Exception as error:
            raise _left(steps[runs.index(run)], error, event)  # noqa: B904  # it says what it is from
        return event

    return run_all


def _left(step: Step, error: Exception, event: Event) -> FlowError:
    """What leaves a chain for an error that a step raised when this event entered it."""
    failure = error if isinstance(error, FlowError) else _unexpected(error, step, event)
    if failure.failing_component is None:
        failure.event, failure.failing_component = failure.event or event, step.location
    left = step.processor.map_error(failure)
    if left is not error:
        left.__cause__ = error
    return left


def _unexpected(bug: Exception, step: Step, event: Event) -> FlowError:
    """An exception that is no FlowError: a bug, logged here with its traceback, once."""
    frames = (type(bug), bug, bug.__traceback__)  # the error itself may forget them before the line is written
    text = f"unexpected error in {step.name} ({step.location})"
    write_line(partial(log.error, "%s", text, exc_info=frames, extra=event.log_fields()))
    failure = FlowError(UNKNOWN, f"unexpected error in {step.name}", detailed_description=repr(bug), cause=bug)
    failure.event, failure.failing_component, failure.logged = event, step.location, True
    return failure
