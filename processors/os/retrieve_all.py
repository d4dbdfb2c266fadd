from __future__ import annotations

from engine import Event
from engine.connectors import INVALID_VALUE
from processors.os._uses_store import OF_ALL, ReadsStore


class RetrieveAll(ReadsStore):
    """Read all values of a store: a map by key, the oldest entry first.

    Example:
        configs:
          States: {os:object-store: {persistent: false}}
        run:
          - os:store: {objectStore: States, key: order-7, value: open}
          - os:store: {objectStore: States, key: order-9, value: paid}
          - os:retrieve-all: {objectStore: States}
        expect: {payload: {order-7: open, order-9: paid}}
    """

    raises = (*OF_ALL, INVALID_VALUE)

    async def run(self, event: Event) -> Event:
        return self.deliver(event, await self.store.all())
