from __future__ import annotations

from engine import Event
from processors.os._uses_store import UsesStore


class Clear(UsesStore):
    """Forget all values of a store.

    Example:
        configs:
          States: {os:object-store: {persistent: false}}
        run:
          - os:store: {objectStore: States, key: order-7, value: open}
          - os:clear: {objectStore: States}
          - os:retrieve-all-keys: {objectStore: States}
        expect: {payload: []}
    """

    async def run(self, event: Event) -> Event:
        await self.store.clear()
        return event
