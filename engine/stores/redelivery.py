"""Messages that are delivered again after a failure: how often, and when to give up."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AliasChoices, Field

from engine.limits import LARGEST_REMEMBERED, MOST_REMEMBERED
from engine.parameters.amounts import Duration
from engine.parameters.element import Parameters, prepared
from engine.parameters.expression import Expression
from engine.stores.away import WhenAway, goes_on, without_state
from engine.stores.home_store import private_store
from engine.stores.store import INVALID_KEY, KEY_NOT_FOUND, Store, StoreRef
from engine.values.errors import REDELIVERY_EXHAUSTED, FlowError
from engine.values.event import Event
from engine.values.stored_values import NotSerialisable, digest_of, identifier_of
from engine.work.measures import Counter, Measures
from engine.work.runtime import Runtime

log = logging.getLogger("engine")

MEMORY = 300.0
"""Seconds for which failures are remembered if no store determines it (Mule's)."""


class RedeliveryPolicy(Parameters):
    """How often a message may fail before MULE:REDELIVERY_EXHAUSTED is raised instead of running the steps.

    A caller that is refused, such as one without credentials, does not count as a failure of its message.
    """

    max_redelivery_count: Annotated[int, Field(ge=0)] = 5
    """How often a message that failed may be delivered and tried again."""

    id_expression: Annotated[
        Expression | None,
        Field(alias="idExpression", validation_alias=AliasChoices("idExpression", "messageIdExpression")),
    ] = None
    """The id of a message; a hash (SHA-256) of the payload, if left out. `messageIdExpression` means the same."""

    object_store: StoreRef = None  # type: ignore[assignment]  # None is its own
    """The os:object-store that counts the failures; if left out, its own, in memory or in the application's `stateUrl`,
    for 5 minutes, which forgets the oldest of more than 100,000, or 64 MiB."""

    when_away: WhenAway = "GO_ON"
    """What happens while the store cannot be reached: GO_ON delivers messages without counting their failures, FAIL
    has each delivery fail with OS:STORE_NOT_AVAILABLE."""

    failures: Counter = prepared()
    exhausted: Counter = prepared()
    uncounted: Counter = prepared()

    def __post_init__(self) -> None:
        self._prepare(failures=Counter(), exhausted=Counter(), uncounted=Counter())

    def measure(self, measures: Measures, flow: str) -> None:
        """Count the deliveries to a flow."""
        text = "Deliveries that failed, so that the message comes again"
        failures = measures.counter("engine_redelivery_failures_total", text, flow=flow)
        text = "Deliveries of messages that had failed too often"
        exhausted = measures.counter("engine_redelivery_exhausted_total", text, flow=flow)
        self._prepare(failures=failures, exhausted=exhausted)
        self._prepare(uncounted=without_state(measures, "redelivery-policy", flow))

    def delivery(self, event: Event, runtime: Runtime, flow: str) -> Delivery:
        """Return the delivery of a message to a flow."""
        return Delivery(self, event, self.object_store or self._own_store(runtime, flow))

    def take_over(self, former: RedeliveryPolicy, runtime: Runtime, before: Runtime, flow: str) -> None:
        """Go on counting the failures that the former policy has counted, unless a store of the flows does."""
        if not self.object_store and not former.object_store and _id_of(self) == _id_of(former):
            self._own_store(runtime, flow).take_over(former._own_store(before, flow), is_unchanged=True)

    def _own_store(self, runtime: Runtime, flow: str) -> Store:
        return runtime.share(self, lambda: self._make_store(runtime, f"redelivery:{flow}"))

    def _make_store(self, runtime: Runtime, name: str) -> Store:
        most, ttl = 2 * MOST_REMEMBERED, f"{self._memory}s"  # of each message the number of failures, and the last one
        return private_store(runtime, name, entry_ttl=ttl, max_entries=most, max_size=LARGEST_REMEMBERED)

    @property
    def _memory(self) -> float:
        """Seconds for which its own store remembers a message."""
        return MEMORY


class DelayedRedelivery(RedeliveryPolicy):
    """The policy of a source that redelivers a failed message by itself."""

    delay: Duration = 0.0
    """How long a message that failed waits before it is delivered again. A waiting message keeps its place before the
    others, and its consumer. An objectStore must remember a message for longer than all its waits."""

    @property
    def _memory(self) -> float:
        return MEMORY + self.max_redelivery_count * self.delay


class Delivery:
    """One delivery of a message. It fails if an error leaves the flow: then the source sends the message again."""

    def __init__(self, policy: RedeliveryPolicy, event: Event, store: Store) -> None:
        self._policy = policy
        self._event = event
        self._store = store
        self._key: str | None = None
        self._failures = 0

    @property
    def is_exhausted(self) -> bool:
        return self._failures > self._policy.max_redelivery_count

    async def check(self) -> None:
        """Raise MULE:REDELIVERY_EXHAUSTED if the message has failed too often."""
        key = self._identifier()
        try:
            failures = await self._store.get(key, 0)
        except FlowError as failure:
            if not goes_on(failure, self._policy.when_away, self._policy.uncounted):
                raise
            failures = 0
        self._key, self._failures = key, failures if isinstance(failures, int) else 0
        if self.is_exhausted:
            self._policy.exhausted.value += 1
            raise _exhausted(failures, await self._store.get(_error_key(key), None))

    async def succeeded(self) -> None:
        """Forget the failures, except those of a message that was no longer tried."""
        if self._key is None or not self._failures or self.is_exhausted:
            return
        for key in (self._key, _error_key(self._key)):
            try:
                await self._store.remove(key)
            except FlowError as failure:
                if failure.type != KEY_NOT_FOUND:
                    log.warning("the failures of a message are not forgotten: %s", failure.detailed_description)

    async def failed(self, failure: FlowError) -> None:
        """Count a failure, and keep its error."""
        if self._key is None or self.is_exhausted:
            return
        self._policy.failures.value += 1
        try:
            await self._store.increment(self._key)
            await self._store.put(_error_key(self._key), failure.as_data())
        except FlowError as other:
            log.warning("the failure of a message is not counted: %s", other.detailed_description)

    def _identifier(self) -> str:
        expression = self._policy.id_expression
        try:
            if expression is None:
                return digest_of(self._event.payload)
            return identifier_of(expression.evaluate(self._event))
        except NotSerialisable as error:
            detail = str(error)
            raise FlowError(INVALID_KEY, "the message has no identifier", detailed_description=detail) from error


def _id_of(policy: RedeliveryPolicy) -> Any:
    return policy.id_expression and policy.id_expression.written


def _error_key(key: str) -> str:
    """Return the key of the last error of a message, which is kept next to the number of its failures."""
    return f"{key} error"


def _exhausted(failures: int, last: Any) -> FlowError:
    """Return MULE:REDELIVERY_EXHAUSTED, caused by the error of the last delivery."""
    description = f"the message failed {failures} times"
    if not isinstance(last, Mapping):
        return FlowError(REDELIVERY_EXHAUSTED, description)
    cause = FlowError.from_data(last)
    return FlowError(
        REDELIVERY_EXHAUSTED,
        description,
        detailed_description=f"{description}, the last time with {cause.for_log}",
        cause=cause,
    )
