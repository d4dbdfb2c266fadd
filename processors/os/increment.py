from __future__ import annotations

from engine import Event
from engine.connectors import INVALID_VALUE, Number
from processors.os._uses_store import OF_KEYS, ReadsEntry


class Increment(ReadsEntry):
    """Add to the number under a key, and read the sum. Concurrent increments are all counted.

    A key without a value starts at 0. The sum expires with the first value, entryTtl after that was stored: this way
    failures are counted within a period. A value that is not a number is OS:INVALID_VALUE.

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
