"""The entries of a store on this machine: in memory, or in a SQLite file."""

from __future__ import annotations

from math import inf
from typing import Any

from engine.stores.entries import Entries, Entry, Usage
from engine.stores.homes.home import Bounds, Seen
from engine.stores.stored import data_of, total_of
from engine.work.clock import Clock


class Room:
    """Keeps entries within bounds, and removes expired ones."""

    def __init__(self, entries: Entries, bounds: Bounds) -> None:
        self._entries = entries
        self._most = inf if bounds.most is None else bounds.most
        self._largest = inf if bounds.largest is None else bounds.largest
        self._has_limit = bounds.most is not None or bounds.largest is not None
        self._interval = bounds.interval
        self._cleaned: float | None = None
        self._evicted, self._expired = bounds.evicted, bounds.expired

    def put(self, key: str, entry: Entry, now: float) -> None:
        self._entries.put(key, entry)
        if self._cleaned is None or not 0 <= now - self._cleaned < self._interval:
            self._expired.value += self._entries.remove_expired(now)
            self._cleaned = now
        if self._has_limit:
            self._make_room()

    def _make_room(self) -> None:
        usage = self._entries.usage()
        while usage.entries > self._most or usage.size > self._largest:
            count = int(max(1, usage.entries - self._most))
            self._entries.remove_oldest(count)
            self._evicted.value += count
            usage = self._entries.usage()


class LocalShelf:
    """Entries that take microseconds to reach: nothing here waits.

    outlives: whether the entries outlive the process. Their time is then that of day as the process found it when the
    shelf was made, and goes on with the monotonic clock: setting the clock later does not age them.
    """

    def __init__(self, entries: Entries, bounds: Bounds, clock: Clock, *, outlives: bool) -> None:
        self.entries = entries
        self._room = Room(entries, bounds)
        self._clock = clock
        self._began = clock.now().timestamp() - clock.monotonic() if outlives else 0.0

    def _now(self) -> float:
        return self._began + self._clock.monotonic()

    def _alive(self, key: str) -> Entry | None:
        entry = self.entries.get(key)
        return entry if entry and entry.is_alive(self._now()) else None

    def _put(self, key: str, data: bytes, ttl: float | None) -> None:
        now = self._now()
        self._room.put(key, Entry(data, None if ttl is None else now + ttl), now)

    async def put(self, key: str, data: bytes, ttl: float | None, *, replace: bool) -> bool:
        with self.entries.transaction():
            if not replace and self._alive(key):
                return False
            self._put(key, data, ttl)
        return True

    async def get(self, key: str) -> bytes | None:
        entry = self._alive(key)
        return None if entry is None else entry.data

    async def look(self, key: str) -> Seen:
        return Seen(await self.get(key), self._now())

    async def swap(self, key: str, before: bytes | None, data: bytes, ttl: float | None) -> bool:
        with self.entries.transaction():
            entry = self._alive(key)
            if (entry and entry.data) != before:
                return False
            if entry is None:
                self._put(key, data, ttl)
            else:
                self.entries.change(key, data, entry.expires if ttl is None else self._now() + ttl)
        return True

    async def increment(self, key: str, by: Any, ttl: float | None) -> Any:
        with self.entries.transaction():
            entry = self._alive(key)
            total = total_of(entry and entry.data, by)
            if entry:
                self.entries.change(key, data_of(total), entry.expires)
            else:
                self._put(key, data_of(total), ttl)
        return total

    async def remove(self, key: str) -> bool:
        with self.entries.transaction():
            found = self._alive(key)
            if found:
                self.entries.remove(key)
        return found is not None

    async def items(self) -> list[tuple[str, bytes]]:
        now = self._now()
        return [(key, entry.data) for key, entry in self.entries.items() if entry.is_alive(now)]

    async def keys(self) -> list[str]:
        now = self._now()
        return [key for key, entry in self.entries.items() if entry.is_alive(now)]

    async def clear(self) -> None:
        self.entries.clear()

    def usage(self) -> Usage:
        return self.entries.usage()
