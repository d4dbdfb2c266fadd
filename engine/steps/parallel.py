"""Routes that run concurrently, as a limited number of tasks. None outlives its scope."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import ContextVar
from typing import ClassVar, Generic, TypeVar

from engine.expressions.budget import current_budget
from engine.limits import DEEPEST_ROUTES, MOST_ROUTES, MOST_WORKERS
from engine.parameters.amounts import Count, Period
from engine.plan.code import Code
from engine.steps.processor import Targeted
from engine.steps.scope import Scope
from engine.values.errors import COMPOSITE_ROUTING, TIMEOUT, ErrorType, FlowError
from engine.values.event import Event, Message
from engine.work.nesting import TooDeep
from engine.work.turns import MUCH, OFTEN, give_turn

R = TypeVar("R")

_depth: ContextVar[int] = ContextVar("parallel_depth", default=0)
_workers: set[asyncio.Task[None]] = set()


class ParallelScope(Scope, Targeted):
    """The base of scopes whose routes run concurrently."""

    timeout: Period | None = None
    """How long a route may take before it fails with MULE:TIMEOUT; unlimited if left out or 0."""

    max_concurrency: Count | None = None
    """How many routes run at the same time; all if left out, but never more than 1000. A scope inside three others of
    its kind runs one route at a time."""

    raises: ClassVar[Sequence[ErrorType | str]] = (COMPOSITE_ROUTING, TIMEOUT)

    def bounded(self, code: Code) -> Code:
        return code  # the timeout applies to each route instead

    async def run_routes(
        self, event: Event, number: int, route: Callable[[int], Awaitable[R]], *, stops: bool = False
    ) -> Outcomes[R]:
        """Run this number of routes, and return their outcomes. route: runs one, given its number from 0.

        stops: whether no route starts after one has failed; those under way run to their ends.
        """
        at_once = self.max_concurrency.of(event) if self.max_concurrency else MOST_ROUTES
        outcomes = Outcomes(route, number, stops=stops)
        await outcomes.come(at_once)
        return outcomes


class Outcomes(Generic[R]):
    """The outcomes of routes: results in their order, None for those that failed; failures by number."""

    def __init__(self, route: Callable[[int], Awaitable[R]], number: int, *, stops: bool = False) -> None:
        self.results: list[R | None] = [None] * number
        self.failures: dict[int, FlowError] = {}
        self._route = route
        self._stops = stops
        self._started = self._ended = 0

    async def come(self, at_once: int) -> None:
        """Run the routes to their ends, even if others fail.

        A worker takes the next route when it is done with one. Workers are started one after another,
        as long as routes are left: routes that never wait need a single worker. Cancellation, CRITICAL
        errors and endless recursion stop all routes, wait for them, and propagate unchanged.
        """
        if _depth.get() >= DEEPEST_ROUTES:
            at_once = 1
        fatal: BaseException | None = None
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(min(at_once, len(self.results))):
                    if self._is_over or (number and len(_workers) >= MOST_WORKERS):
                        break
                    self._start_worker(group)
                    await asyncio.sleep(0)
        except BaseExceptionGroup as several:
            fatal = several.exceptions[0]
        if fatal:
            try:
                raise fatal
            finally:
                del fatal  # its traceback holds this frame: avoids a reference cycle
        if self._ended < self._started:  # a route was cancelled from inside, which fails no route
            raise asyncio.CancelledError

    @property
    def _is_over(self) -> bool:
        """Whether no more routes start."""
        return self._started == len(self.results) or (self._stops and bool(self.failures))

    def _start_worker(self, group: asyncio.TaskGroup) -> None:
        worker = group.create_task(self._work())
        _workers.add(worker)
        worker.add_done_callback(_workers.discard)

    async def _work(self) -> None:
        _depth.set(_depth.get() + 1)  # only in the context of this task
        while not self._is_over:
            number = self._started
            self._started += 1
            await self._run(number)
            self._ended += 1
            if number % OFTEN == 0 or current_budget().spent > MUCH:
                await give_turn()

    async def _run(self, number: int) -> None:
        try:
            self.results[number] = await self._route(number)
        except FlowError as failure:
            if failure.type.is_critical or isinstance(failure, TooDeep):
                raise
            failure.route = str(number)
            self.failures[number] = failure.with_traceback(None)  # its frames hold `self`: avoids a reference cycle

    def take_first_failure(self) -> FlowError:
        """Remove and return the failure with the lowest number, to be raised. Removing it avoids a reference cycle."""
        return self.failures.pop(min(self.failures))

    def composite(self, message: Callable[[R], Message]) -> FlowError:
        """Return MULE:COMPOSITE_ROUTING with the results, as messages, and the failures."""
        succeeded = ((number, result) for number, result in enumerate(self.results) if number not in self.failures)
        results = {str(number): message(result) for number, result in succeeded if result is not None}
        failures = {str(number): self.failures[number] for number in sorted(self.failures)}
        return FlowError(
            COMPOSITE_ROUTING,
            f"{len(failures)} of {len(self.results)} routes failed",
            detailed_description="; ".join(_told(failures.values())),
            error_message=Message({"results": results, "failures": failures}),
            child_errors=tuple(failures.values()),
        )


MOST_TOLD = 10
"""How many failures the detailed description lists."""


def _told(failures: Iterable[FlowError]) -> Iterable[str]:
    for position, failure in enumerate(failures):
        if position == MOST_TOLD:
            yield "…"
            return
        yield f"route {failure.route}: {failure.for_log}"
