from __future__ import annotations

from engine import Event
from processors.os._uses_store import ReadsEntry


class Contains(ReadsEntry):
    """Ask whether a key has a value: true or false.

    Example:
        configs:
          States: {os:object-store: {persistent: false}}
        run:
          - os:contains: {objectStore: States, key: order-7}
        expect: {payload: false}
    """

    async def run(self, event: Event) -> Event:
        return self.deliver(event, await self.store.contains(self.key.of(event)))
