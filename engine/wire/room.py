"""How much may be held at once, of all connections together."""

from __future__ import annotations

import sys
from typing import Protocol

from engine.limits import UNCOUNTED
from engine.values.refusal import Refusal
from engine.work.gate import busy


class Room:
    """Bytes that may be held at once, and how many are.

    leaving: how many of them will be let go of at once, by holders that were refused more. Others
    may have some of that room before: else all who want more in such a moment would be refused.
    """

    __slots__ = ("held", "leaving", "most")

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = self.leaving = 0

    def has(self, size: int) -> bool:
        """Whether there is room for so many bytes more."""
        return self.held + size <= self.most + min(self.leaving, self.most // 8)


NOWHERE = Room(sys.maxsize)
"""For what is held no more."""


class Held:
    """What one holder, such as a request that has not come whole, has of a room.

    Its first bytes do not count: where many large ones have taken all the room, small ones still come in.
    """

    __slots__ = ("_free", "_leaving", "_room", "size")

    def __init__(self, room: Room) -> None:
        self._room = room
        self._free = UNCOUNTED
        self._leaving = 0
        self.size = 0

    def add(self, size: int) -> None:
        """Hold so many bytes more. Raises Refusal (503, with Retry-After) where there is no room for them."""
        free = min(size, self._free)
        self._free -= free
        size -= free
        if size and not self._room.has(size):
            self._leave(self.size)
            raise too_full()
        self._room.held += size
        self.size += size

    def let_go(self, keep: int = 0) -> None:
        """Hold no more than so many bytes."""
        if self.size > keep:
            self._room.held -= self.size - keep
            self.size = keep
            self._leave(min(self._leaving, keep))

    def _leave(self, size: int) -> None:
        """Have so many of the bytes count as those that will be let go of."""
        self._room.leaving += size - self._leaving
        self._leaving = size

    def close(self) -> None:
        """Hold nothing, from now on."""
        self.let_go()
        self._room = NOWHERE


def too_full() -> Refusal:
    """The error of who finds no room, and may come again."""
    return busy("the requests that are on their way are too large together")


class Reader(Protocol):
    """Who takes an answer."""

    @property
    def speed(self) -> float:
        """Bytes a second."""

    def abort(self) -> None:
        """Give it no more."""


class Unsent:
    """What waits for slow readers. Where it is more than there may be, the slowest of several get no more."""

    __slots__ = ("_held", "_most", "_sizes")

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._sizes: dict[Reader, int] = {}

    def add(self, reader: Reader, size: int) -> None:
        """So many bytes more wait for a reader."""
        self._sizes[reader] = self._sizes.get(reader, 0) + size
        self._held += size
        if self._held > self._most and len(self._sizes) > 1:
            self._make_room()

    def _make_room(self) -> None:
        """Give up the slowest, until there is room for some more: so who comes next need not look at all of them."""
        for slowest in sorted(self._sizes, key=lambda each: each.speed):
            if self._held <= self._most * 7 // 8 or len(self._sizes) == 1:
                return
            self.remove(slowest)
            slowest.abort()

    def remove(self, reader: Reader) -> None:
        """Nothing waits for a reader any more."""
        self._held -= self._sizes.pop(reader, 0)
