from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Self

from engine import After, Event, Runtime, Scope, prepared
from processors.core._route import Routes


class RoundRobin(Scope):
    """Send each event to one route: the first to the first, the next to the second, and so on in turn.

    All events that come here take turns, including those under way at the same time. A route that fails has had its
    turn; its error propagates. When the application starts, the first route is next.

    Example:
        given: {payload: [1, 2, 3]}
        run:
          - set-variable: {variableName: taken, value: []}
          - foreach:
              steps:
                - round-robin:
                    routes:
                      - {steps: [{set-variable: {variableName: taken, value: "#[append(vars.taken, 'a')]"}}]}
                      - {steps: [{set-variable: {variableName: taken, value: "#[append(vars.taken, 'b')]"}}]}
        expect: {vars.taken: [a, b, a]}
    """

    routes: Routes
    """The routes, each with `steps`."""

    message_after = After.INNER
    always_enters = True

    _turns: Iterator[int] = prepared()

    def __post_init__(self) -> None:
        self._prepare(_turns=count())

    def live_in(self, runtime: Runtime) -> None:
        super().live_in(runtime)
        runtime.at_stop(self._begin_anew)

    def take_over(self, former: Self, *, is_unchanged: bool) -> None:
        self._prepare(_turns=former._turns)

    async def _begin_anew(self) -> None:
        self._prepare(_turns=count())

    async def run(self, event: Event) -> Event:
        return await self.routes[next(self._turns) % len(self.routes)].steps.run(event)
