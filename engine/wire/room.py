"""Limits how much all connections may hold at the same time."""

from __future__ import annotations

import sys
from typing import Protocol

from engine.limits import UNCOUNTED
from engine.values.refusal import Refusal
from engine.work.gate import busy


class Room:
    """The number of bytes that may be held at the same time, and that are.

    leaving: how many of them will be released immediately, by holders that were refused more. Others may use some of
    that room in advance: otherwise everyone who wants more at that moment would be refused.
    """

    __slots__ = ("held", "leaving", "most")

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = self.leaving = 0

    def has(self, size: int) -> bool:
        """Return whether there is room for this many more bytes."""
        return self.held + size <= self.most + min(self.leaving, self.most // 8)


NOWHERE = Room(sys.maxsize)
"""For bytes that are no longer held."""


class Held:
    """The share of one holder, such as an incomplete request, in a room.

    Its first bytes do not count: small requests get in even if many large ones have taken all the room.
    """

    __slots__ = ("_free", "_leaving", "_room", "size")

    def __init__(self, room: Room) -> None:
        self._room = room
        self._free = UNCOUNTED
        self._leaving = 0
        self.size = 0

    def add(self, size: int) -> None:
        """Hold this many more bytes. Raises Refusal (503, with Retry-After) if there is no room for them."""
        free = min(size, self._free)
        self._free -= free
        size -= free
        if size and not self._room.has(size):
            self._leave(self.size)
            raise too_full()
        self._room.held += size
        self.size += size

    def let_go(self, keep: int = 0) -> None:
        """Hold at most this many bytes."""
        if self.size > keep:
            self._room.held -= self.size - keep
            self.size = keep
            self._leave(min(self._leaving, keep))

    def _leave(self, size: int) -> None:
        """Count this many of the bytes as about to be released."""
        self._room.leaving += size - self._leaving
        self._leaving = size

    def close(self) -> None:
        """Hold nothing, from now on."""
        self.let_go()
        self._room = NOWHERE


def too_full() -> Refusal:
    """Return the error of a caller that finds no room and may retry."""
    return busy("the requests that are on their way are too large together")


class Reader(Protocol):
    """A receiver of an answer."""

    @property
    def speed(self) -> float:
        """Bytes a second."""

    def abort(self) -> None:
        """Stop sending to it."""


class Unsent:
    """The bytes that wait for slow readers. If they exceed the limit, the slowest of several readers are cut off."""

    __slots__ = ("_held", "_most", "_sizes")

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._sizes: dict[Reader, int] = {}

    def change(self, most: int) -> None:
        """Have another limit from now on."""
        self._most = most

    def add(self, reader: Reader, size: int) -> None:
        """Note that this many more bytes wait for a reader."""
        self._sizes[reader] = self._sizes.get(reader, 0) + size
        self._held += size
        if self._held > self._most and len(self._sizes) > 1:
            self._make_room()

    def _make_room(self) -> None:
        """Cut off the slowest until there is some spare room, so that the next call need not compare all of them."""
        for slowest in sorted(self._sizes, key=lambda each: each.speed):
            if self._held <= self._most * 7 // 8 or len(self._sizes) == 1:
                return
            self.remove(slowest)
            slowest.abort()

    def remove(self, reader: Reader) -> None:
        """Note that nothing waits for a reader any more."""
        self._held -= self._sizes.pop(reader, 0)
