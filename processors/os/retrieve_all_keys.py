from __future__ import annotations

from engine import Event
from processors.os._uses_store import ReadsStore


class RetrieveAllKeys(ReadsStore):
    """Read all keys of a store: a list, the oldest entry first.

    Example:
        configs:
          States: {os:object-store: {persistent: false}}
        run:
          - os:store: {objectStore: States, key: order-7, value: open}
          - os:store: {objectStore: States, key: order-9, value: paid}
          - os:retrieve-all-keys: {objectStore: States}
        expect: {payload: [order-7, order-9]}
    """

    async def run(self, event: Event) -> Event:
        return self.deliver(event, await self.store.keys())
