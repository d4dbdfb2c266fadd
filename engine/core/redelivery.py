"""Messages that come again because they failed: how often, and what then."""

from __future__ import annotations

import logging
from typing import Annotated

from pydantic import AliasChoices, Field

from engine.core.element import Parameters
from engine.core.errors import REDELIVERY_EXHAUSTED, FlowError
from engine.core.event import Event
from engine.core.expression import Expression
from engine.core.local_store import private_store
from engine.core.runtime import Runtime
from engine.core.store import INVALID_KEY, KEY_NOT_FOUND, Store, StoreRef
from engine.core.stored_values import NotSerialisable, digest_of, identifier_of

log = logging.getLogger("engine")

MEMORY = "5m"
"""How long failures are remembered where no store says it (Mule's)."""


class RedeliveryPolicy(Parameters):
    """How often a message may fail before MULE:REDELIVERY_EXHAUSTED is raised instead of running the steps.

    A caller that is refused, such as one without credentials, is no failure of its message.
    """

    max_redelivery_count: Annotated[int, Field(ge=0)] = 5
    """How often a message that failed may come again and be tried anew."""

    id_expression: Annotated[
        Expression | None,
        Field(alias="idExpression", validation_alias=AliasChoices("idExpression", "messageIdExpression")),
    ] = None
    """What identifies a message; a hash (SHA-256) of the payload, if left out. `messageIdExpression` means the same."""

    object_store: StoreRef = None  # type: ignore[assignment]  # None is its own
    """The os:object-store that counts the failures; its own, in memory, for 5 minutes, if left out."""

    def delivery(self, event: Event, runtime: Runtime) -> Delivery:
        """The delivery of a message to a flow."""
        store = self.object_store or runtime.share(self, lambda: private_store(runtime, entry_ttl=MEMORY))
        return Delivery(self, event, store)


class Delivery:
    """One delivery of a message. It failed where an error leaves the flow: then the source sends the message again."""

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
        """Raise MULE:REDELIVERY_EXHAUSTED where the message failed too often."""
        key = self._identifier()
        failures = await self._store.get(key, 0)
        self._key, self._failures = key, failures if isinstance(failures, int) else 0
        if self.is_exhausted:
            raise FlowError(REDELIVERY_EXHAUSTED, f"the message failed {failures} times")

    async def succeeded(self) -> None:
        """Forget the failures; not those of a message that was not tried any more."""
        if self._key is None or not self._failures or self.is_exhausted:
            return
        try:
            await self._store.remove(self._key)
        except FlowError as failure:
            if failure.type != KEY_NOT_FOUND:
                log.warning("the failures of a message are not forgotten: %s", failure.detailed_description)

    async def failed(self) -> None:
        """Count a failure."""
        if self._key is None or self.is_exhausted:
            return
        try:
            await self._store.increment(self._key)
        except FlowError as failure:
            log.warning("the failure of a message is not counted: %s", failure.detailed_description)

    def _identifier(self) -> str:
        expression = self._policy.id_expression
        try:
            if expression is None:
                return digest_of(self._event.payload)
            return identifier_of(expression.evaluate(self._event))
        except NotSerialisable as error:
            detail = str(error)
            raise FlowError(INVALID_KEY, "the message has no identifier", detailed_description=detail) from error
