from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import Annotated, Self

from engine import After, Chain, Code, ErrorType, Event, Field, FlowError, Scope, prepared
from engine.connectors import (
    OVERLOAD,
    Counter,
    Gate,
    Measures,
    Period,
    Shown,
    current_span,
    log_failure,
    run_route,
)
from engine.limits import MOST_IN_BACKGROUND, MOST_WAITING


class Async(Scope):
    """Run the steps in the background with a copy of the event; the flow goes on immediately, its event unchanged.

    The copy has the same correlationId. An error of the steps that no handler inside continues is one line in the log,
    with level ERROR. When maxConcurrency events run, up to 10000 more wait for their turn; any beyond them are not run,
    which is logged as MULE:OVERLOAD and counted. When the application stops, the steps may end within
    `shutdownTimeout`.

    Example:
        given: {payload: 5}
        run:
          - async:
              steps: [{set-payload: {value: seen by nobody}}]
        expect: {payload: 5}
    """

    max_concurrency: Annotated[int, Field(ge=1)] = MOST_IN_BACKGROUND
    """How many events run at the same time; the others wait."""

    timeout: Period | None = None
    """How long the steps may take before they fail with MULE:TIMEOUT; no limit, if left out or 0."""

    steps: Chain
    """The steps to run."""

    raises = ()
    message_after = After.BEFORE
    variables_after = After.BEFORE

    _gate: Gate = prepared()
    _taken: set[asyncio.Task[None]] = prepared()
    _lost: Counter = prepared()

    def __post_init__(self) -> None:
        self._prepare(_gate=Gate(self.max_concurrency), _taken=set(), _lost=Counter())

    def measure(self, measures: Measures, place: str) -> None:
        measures.read("engine_async_running", "Events in the steps", lambda: self._gate.inside, place=place)
        text = "Events that wait for their turn"
        measures.read("engine_async_waiting", text, lambda: len(self._taken) - self._gate.inside, place=place)
        text = "Events that were not run because too many waited"
        self._prepare(_lost=measures.counter("engine_async_lost_total", text, place=place))

    def take_over(self, former: Self, *, is_unchanged: bool) -> None:
        self._prepare(_gate=former._gate, _taken=former._taken)
        self._gate.resize(self.max_concurrency)

    def bounded(self, code: Code) -> Code:
        return code  # the timeout is for the steps

    def keeps(self, raised: ErrorType) -> bool:
        return True

    async def run(self, event: Event) -> Event:
        if len(self._taken) >= self.max_concurrency:
            await asyncio.sleep(0)  # lets the steps begin, even if a loop sends many events without waiting
        if len(self._taken) >= self.max_concurrency + MOST_WAITING:
            self._refuse(event)
        else:
            task = self.runtime.tasks.start(self._work(event), "async")
            self._taken.add(task)
            task.add_done_callback(self._taken.discard)
        return event

    async def _work(self, event: Event) -> None:
        flow = current_span()
        with flow.inner(Shown("async")) if flow else nullcontext() as span:
            await self._gate.wait_for_room()
            with self._gate:
                try:
                    await run_route(self.steps, event, self.seconds(event))
                except FlowError as failure:
                    failure.event = failure.event or event
                    if span is not None:
                        span.failed(failure)
                    log_failure(failure)

    def _refuse(self, event: Event) -> None:
        self.runtime.tasks.refused += 1
        self._lost.value += 1
        failure = FlowError(OVERLOAD, f"an event for async was lost: {MOST_WAITING} wait for their turn")
        failure.event, failure.failing_component = event, self.steps.location
        log_failure(failure)
