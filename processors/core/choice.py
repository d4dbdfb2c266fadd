from __future__ import annotations

from typing import Any

from engine import (
    MUCH,
    After,
    Chain,
    Condition,
    Event,
    Parameters,
    RunAtOnce,
    Scope,
    current_budget,
    give_turn_after_much,
)


class When(Parameters):
    """One way of a choice."""

    expression: Condition
    """The condition."""

    steps: Chain
    """What to run when it is the first that holds."""


class Otherwise(Parameters):
    """The way when no condition holds."""

    steps: Chain
    """What to run."""


def _as_it_is(event: Event) -> Event:
    return event


class Choice(Scope):
    """Run the steps of the first condition that holds.

    When none holds and there is no `otherwise`, the event passes unchanged.

    Example:
        given: {payload: {amount: 1200}}
        run:
          - choice:
              when:
                - {expression: payload.amount > 1000, steps: [{set-payload: {value: approval}}]}
              otherwise:
                steps: [{set-payload: {value: direct}}]
        expect: {payload: approval}
    """

    when: list[When]
    """The ways, each with `expression` and `steps`, from first to last."""

    otherwise: Otherwise | None = None
    """The steps when no condition holds."""

    message_after = After.INNER

    def __post_init__(self) -> None:
        is_whole = self.otherwise is not None
        self._prepare(always_enters=is_whole, passes_by="" if is_whole else "no condition holds")

    def acts_on(self) -> frozenset[Any] | None:
        return self._acts_within

    def runner_at_once(self) -> RunAtOnce | None:
        runs = [way.steps.runner_at_once() for way in self.when]
        rest = self.otherwise.steps.runner_at_once() if self.otherwise else _as_it_is
        if rest is None or None in runs:
            return None
        ways: Any = [(way.expression.evaluate, run) for way, run in zip(self.when, runs, strict=True)]

        def run_at_once(event: Event) -> Event:
            for holds, run in ways:
                if holds(event):
                    return run(event)  # type: ignore[no-any-return]  # none of them is None
            return rest(event)

        return run_at_once

    async def run(self, event: Event) -> Event:
        budget = current_budget()
        for way in self.when:
            if way.expression.evaluate(event):
                return await way.steps.run(event)
            if budget.spent > MUCH:
                await give_turn_after_much()
        return await self.otherwise.steps.run(event) if self.otherwise else event
