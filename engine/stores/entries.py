"""The entries of a local store in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple, Protocol


class Entry(NamedTuple):
    """A value as bytes, and the time at which it expires, if ever."""

    data: bytes
    expires: float | None

    def is_alive(self, now: float) -> bool:
        return self.expires is None or self.expires > now


class Usage(NamedTuple):
    """The number of entries, and the total bytes of their values."""

    entries: int
    size: int


class Entries(Protocol):
    """Entries by key, from the oldest to the newest. They know nothing of time: expired ones stay until removed."""

    def transaction(self) -> AbstractContextManager[None]:
        """Make everything inside take effect atomically, for other processes too, or not at all."""

    def get(self, key: str) -> Entry | None: ...

    def put(self, key: str, entry: Entry) -> None:
        """Make it the newest entry, replacing the one before."""

    def change(self, key: str, data: bytes, expires: float | None) -> None:
        """Give an entry another value and another expiry; its age stays."""

    def remove(self, key: str) -> None: ...

    def remove_oldest(self, count: int) -> None: ...

    def remove_expired(self, now: float) -> int:
        """Return how many were removed."""
        ...

    def clear(self) -> None: ...

    def usage(self) -> Usage: ...

    def items(self) -> Iterable[tuple[str, Entry]]:
        """Return all entries, the oldest first."""


class MemoryEntries:
    """Entries that are lost when the process ends."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, Entry] = OrderedDict()  # a dict's first is slow to find after removals
        self._size = 0

    def transaction(self) -> AbstractContextManager[None]:
        return nullcontext()

    def get(self, key: str) -> Entry | None:
        return self._entries.get(key)

    def put(self, key: str, entry: Entry) -> None:
        self.remove(key)
        self._entries[key] = entry
        self._size += len(entry.data)

    def change(self, key: str, data: bytes, expires: float | None) -> None:
        self._size += len(data) - len(self._entries[key].data)
        self._entries[key] = Entry(data, expires)

    def remove(self, key: str) -> None:
        if entry := self._entries.pop(key, None):
            self._size -= len(entry.data)

    def remove_oldest(self, count: int) -> None:
        for _ in range(count):
            _, entry = self._entries.popitem(last=False)
            self._size -= len(entry.data)

    def remove_expired(self, now: float) -> int:
        expired = [key for key, entry in self._entries.items() if not entry.is_alive(now)]
        for key in expired:
            self.remove(key)
        return len(expired)

    def clear(self) -> None:
        self._entries.clear()
        self._size = 0

    def usage(self) -> Usage:
        return Usage(len(self._entries), self._size)

    def items(self) -> Iterable[tuple[str, Entry]]:
        return self._entries.items()
