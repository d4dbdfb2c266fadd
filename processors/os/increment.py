from __future__ import annotations

from engine import Event
from engine.connectors import INVALID_VALUE, Number
from processors.os._uses_store import OF_KEYS, ReadsEntry


class Increment(ReadsEntry):
    """Add to the number under a key, and read the sum. However many callers do so at once, each one counts.

    A key without a value begins at 0. The sum expires when the first value does, entryTtl after
    it was stored: so failures are counted within a time. A value that is no number is OS:INVALID_VALUE.

    Example:
        configs:
          Counters: {os:object-store: {persistent: false}}
        run:
          - os:increment: {objectStore: Counters, key: failures}
          - os:increment: {objectStore: Counters, key: failures, by: 2}
        expect: {payload: 3}
    """

    by: Number = Number(1)
    """The number to add; a negative one counts down."""

    raises = (*OF_KEYS, INVALID_VALUE)

    async def run(self, event: Event) -> Event:
        return self.deliver(event, await self.store.increment(self.key.of(event), self.by.of(event)))
