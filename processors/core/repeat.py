from __future__ import annotations

from functools import partial
from itertools import count
from typing import Annotated, Any

from msgspec.structs import replace

from engine import (
    ANYTHING,
    After,
    Chain,
    Code,
    Condition,
    Count,
    Effects,
    Event,
    Field,
    FlowError,
    Link,
    Mistake,
    Scope,
    prepared,
    refuse,
)
from engine.connectors import OFTEN, REPEAT_EXHAUSTED, TIMEOUT, Period, Run, RunPlain, VariableName, give_turn
from engine.limits import MOST_ROUNDS
from processors.core._restored import restored


class Repeat(Scope):
    """Run the steps repeatedly: while a condition holds, or until one does.

    `while` is checked before each round, `until` after it; both may be given. Payload, attributes and
    variables pass from one round to the next, and out of the last one. If `while` does not hold the
    first time, the event passes unchanged. If maxIterations rounds are not enough,
    MULE:REPEAT_EXHAUSTED is raised, with the event of the last round: in it, a handler finds the
    work done so far. An error in a round ends the loop and leaves with the event of the failure.

    Each statement of a round is committed alone, because the number of rounds is not known in
    advance. A `try` with a transaction, around the loop or inside it, commits them together. To
    process a list, use foreach, which also has an `until`; to retry steps that fail, use
    until-successful.

    Example:
        mock:
          - processor: http:request
            sequence:
              - return: {payload: {items: [7, 8], next: b}}
              - return: {payload: {items: [9], next: null}}
        run:
          - set-payload: {value: {next: null}}
          - repeat:
              until: payload.next == null
              steps:
                - http:request:
                    url: https://shop.example.org/orders
                    query-params: {cursor: "#[payload.next]"}
                - foreach:
                    collection: payload.items
                    steps: [{set-variable: {variableName: orders, value: "#[append(vars.orders, payload)]"}}]
        expect: {vars.orders: [7, 8, 9]}
    """

    while_: Annotated[Condition | None, Field(alias="while")] = None
    """A condition that must hold for a round to begin; it sees the event that would enter the round."""

    until: Condition | None = None
    """A condition that ends the loop if it holds after a round; it sees the event after the round."""

    max_iterations: Count = Count(MOST_ROUNDS)
    """The maximum number of rounds; one more raises MULE:REPEAT_EXHAUSTED."""

    counter_variable_name: VariableName = "counter"
    """The variable that holds the number of the round, from 1; both conditions can read it."""

    delay: Period = Period(0)
    """How long to wait between two rounds."""

    steps: Chain
    """The steps to run in each round."""

    also_called = ("while", "do-while", "loop", "until")
    raises = (REPEAT_EXHAUSTED, TIMEOUT)
    message_after = After.INNER
    repeats = True

    _waits: bool = prepared()

    def __post_init__(self) -> None:
        if self.while_ is None and self.until is None:
            refuse([Mistake("F304", "neither 'while' nor 'until'", "one of them", "until: payload.next == null")])
        waits = not self.delay.is_literal or self.delay.read(self.delay.literal) != 0
        passes_by = "'while' does not hold at first" if self.while_ else ""
        self._prepare(_waits=waits, passes_by=passes_by, always_enters=self.while_ is None)

    def code(self, link: Link) -> Code:
        body = link.code(self.steps)
        effects = self.effects | body.effects | Effects(waits=self._waits)
        is_pure = effects.is_pure  # otherwise statements are committed alone, and no loop around may fuse them
        plain = body.plain if is_pure else None
        return Code(partial(self._run, body.awaited, plain), None, effects if is_pure else ANYTHING)

    async def _run(self, steps: Run, plain: RunPlain | None, event: Event) -> Event:
        """Run the rounds. plain: the steps as a plain function; None if they are not pure."""
        most: int = self.max_iterations.of(event)
        current, run = event, plain or steps
        await give_turn()
        try:
            for number in count(1):
                entering = current.with_variable(self.counter_variable_name, number)
                if self.while_ is not None and not self.while_.evaluate(entering):
                    break
                if number > most:
                    raise FlowError(REPEAT_EXHAUSTED, f"the repetition has not ended after {most} rounds")
                after: Any = run(entering)
                current = after if plain else await after
                if self.until is not None and self.until.evaluate(current):
                    break
                if self._waits or not number % OFTEN:
                    await self._pause(current)
        except FlowError as failure:
            failure.event = failure.event or current
            raise
        return self._left(current, event)

    async def _pause(self, current: Event) -> None:
        """Wait between two rounds for the delay; if there is none, yield to other tasks."""
        if self._waits:
            await self.runtime.clock.sleep(self.delay.of(current))
        else:
            await give_turn()

    def _left(self, current: Event, event: Event) -> Event:
        """Return the event after the loop, with the counter as it was before."""
        if current is event:
            return event
        return replace(current, vars=restored(current.vars, event.vars, self.counter_variable_name))
