from __future__ import annotations

from engine import Event
from engine.connectors import KEY_NOT_FOUND
from processors.os._uses_store import OF_KEYS, UsesEntry


class Remove(UsesEntry):
    """Forget the value of a key; OS:KEY_NOT_FOUND if it has none.

    Example:
        configs:
          States: {os:object-store: {persistent: false}}
        run:
          - os:store: {objectStore: States, key: order-7, value: open}
          - os:remove: {objectStore: States, key: order-7}
          - os:contains: {objectStore: States, key: order-7}
        expect: {payload: false}
    """

    raises = (*OF_KEYS, KEY_NOT_FOUND)

    async def run(self, event: Event) -> Event:
        await self.store.remove(self.key.of(event))
        return event
