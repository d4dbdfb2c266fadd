from __future__ import annotations

from functools import cached_property
from typing import Self

from engine import Event, Expression, FlowError, VoidOperation, prepared
from engine.connectors import (
    DUPLICATE_MESSAGE,
    INVALID_KEY,
    INVALID_VALUE,
    KEY_ALREADY_EXISTS,
    STORE_NOT_AVAILABLE,
    Counter,
    Measures,
    NotSerialisable,
    Store,
    StoreRef,
    WhenAway,
    goes_on,
    identifier_of,
    private_store,
    without_state,
)
from engine.limits import LARGEST_REMEMBERED, MOST_REMEMBERED

MEMORY = "5m"
"""How long an identifier is remembered if no store says it (Mule's)."""


class IdempotentMessageValidator(VoidOperation):
    """Let a message pass once: one with the same identifier raises MULE:DUPLICATE_MESSAGE.

    If equal messages come at the same time, one passes. Identifiers are remembered once they pass, whatever happens to
    the message afterwards: os:remove forgets one, by the text of its identifier, so that the message may come again.
    All callers share them: if callers number their messages themselves, put security:* before it, and the principal in
    idExpression.

    Example:
        given: {payload: {id: 7}}
        run:
          - foreach:
              collection: "[$payload, $payload]"
              steps: [{idempotent-message-validator: {idExpression: payload.id}}]
        expect: {error.type: "MULE:DUPLICATE_MESSAGE", vars.counter: 2}
    """

    id_expression: Expression = Expression("correlationId")
    """The identifier of a message: a text or a number; any other value, and a long text, is kept as a hash."""

    value_expression: Expression = Expression("correlationId")
    """The value that is stored under the identifier."""

    object_store: StoreRef = None  # type: ignore[assignment]  # None is its own
    """The name of the os:object-store; if left out, its own, in memory or in the application's `stateUrl`, whose
    entries live for 5 minutes; the oldest of more than 100,000, or 64 MiB, are forgotten."""

    when_away: WhenAway = "FAIL"
    """What happens while the store cannot be reached: FAIL raises OS:STORE_NOT_AVAILABLE, GO_ON lets messages pass,
    perhaps a second time."""

    raises = (DUPLICATE_MESSAGE, INVALID_KEY, INVALID_VALUE, STORE_NOT_AVAILABLE)
    is_outward = True
    reaches_outside = False

    _duplicates: Counter = prepared()
    _unchecked: Counter = prepared()

    def __post_init__(self) -> None:
        self._prepare(_duplicates=Counter(), _unchecked=Counter())

    def measure(self, measures: Measures, place: str) -> None:
        text = "Messages that were refused because they had been processed before"
        self._prepare(_duplicates=measures.counter("engine_duplicate_messages_total", text, place=place))
        self._prepare(_unchecked=without_state(measures, "idempotent-message-validator", place))
        if self.object_store is None:
            self.store.measure(measures, place)

    def take_over(self, former: Self, *, is_unchanged: bool) -> None:
        if not self.object_store and not former.object_store:
            self.store.take_over(former.store, is_unchanged=is_unchanged)

    @cached_property
    def store(self) -> Store:
        return self.object_store or private_store(
            self.runtime,
            f"validator:{self.own_name}",
            entry_ttl=MEMORY,
            max_entries=MOST_REMEMBERED,
            max_size=LARGEST_REMEMBERED,
        )

    async def run(self, event: Event) -> Event:
        identifier, value = self._identifier(event), self.value_expression.evaluate(event)
        try:
            await self.store.put(identifier, value, replace=False)
        except FlowError as failure:
            if goes_on(failure, self.when_away, self._unchecked):
                return event
            if failure.type != KEY_ALREADY_EXISTS:
                raise
            self._duplicates.value += 1
            raise FlowError(DUPLICATE_MESSAGE, "the message was processed before") from None
        return event

    def _identifier(self, event: Event) -> str:
        try:
            return identifier_of(self.id_expression.evaluate(event))
        except NotSerialisable as error:
            detail = str(error)
            raise FlowError(INVALID_KEY, "the message has no identifier", detailed_description=detail) from error
