from __future__ import annotations

from typing import Annotated

from engine import Event, Field, Template
from engine.connectors import INVALID_VALUE, KEY_NOT_FOUND
from processors.os._uses_store import OF_KEYS, ReadsEntry

MISSING = object()


class Retrieve(ReadsEntry):
    """Read the value of a key.

    Example:
        configs:
          States: {os:object-store: {persistent: false}}
        run:
          - os:retrieve: {objectStore: States, key: breaker, default-value: CLOSED, target: state}
        expect: {vars.state: CLOSED}
    """

    default_value: Annotated[Template, Field(alias="default-value")] = None  # type: ignore[assignment]  # none is none
    """The result if there is no such key; without a default that is OS:KEY_NOT_FOUND."""

    raises = (*OF_KEYS, INVALID_VALUE, KEY_NOT_FOUND)

    async def run(self, event: Event) -> Event:
        key = self.key.of(event)
        if self.default_value is None:
            return self.deliver(event, await self.store.get(key))
        value = await self.store.get(key, MISSING)
        return self.deliver(event, self.default_value.evaluate(event) if value is MISSING else value)
