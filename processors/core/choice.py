from __future__ import annotations

from engine import After, Chain, Code, Condition, Link, Parameters, Scope
from engine.connectors import PASS, choose


class When(Parameters):
    """One way of a choice."""

    expression: Condition
    """The condition."""

    steps: Chain
    """The steps to run if this condition is the first that holds."""


class Otherwise(Parameters):
    """The way if no condition holds."""

    steps: Chain
    """The steps to run."""


class Choice(Scope):
    """Run the steps of the first condition that holds.

    If none holds and there is no `otherwise`, the event passes unchanged.

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
    """The ways, each with `expression` and `steps`; they are checked in order."""

    otherwise: Otherwise | None = None
    """The way to take if no condition holds, with `steps`."""

    message_after = After.INNER

    def __post_init__(self) -> None:
        is_whole = self.otherwise is not None
        self._prepare(always_enters=is_whole, passes_by="" if is_whole else "no condition holds")

    def code(self, link: Link) -> Code:
        ways = [(way.expression.evaluate, link.code(way.steps)) for way in self.when]
        return choose(ways, link.code(self.otherwise.steps) if self.otherwise else PASS)
