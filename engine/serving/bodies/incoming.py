"""The incoming body of a request."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from engine.content.pieces import Pieces
from engine.values.refusal import Refusal
from engine.wire.room import Held

Chunks = AsyncGenerator[bytes, None]


class Incoming:
    """The bytes of a body in parts of any length, as in ASGI; most bodies come in one part.

    `most`, a parameter of the methods: the allowed number of bytes. They raise Refusal as soon as there are more, and
    ClientDisconnect if the caller is gone.
    """

    __slots__ = ("_held", "_last", "_receive", "_size", "is_at_end")

    def __init__(self, receive: Receive, held: Held | None = None) -> None:
        self._receive = receive
        self._held = held
        self._size = self._last = 0
        self.is_at_end = False
        """Whether all of it has arrived."""

    async def part(self, most: int | None = None) -> bytes:
        """Return the next part."""
        message = await self._receive()
        self.is_at_end = not message.get("more_body")
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part: bytes = message.get("body", b"")
        self._last = len(part)
        self._size += self._last
        if most is not None and self._size > most:
            raise too_large(most)
        return part

    async def whole(self, most: int) -> bytes:
        first = b"" if self.is_at_end else await self.part(most)
        return first if self.is_at_end else await whole(self.chunks(most), first)

    def hold(self, size: int) -> None:
        """Count this many bytes in addition to those received: the size that a part was inflated to.

        Raises Refusal if there is no room for them.
        """
        self._last = size
        if self._held is not None and not self.is_at_end:
            self._held.add(size)

    def hand_on(self) -> None:
        """Count only the last part from now on: everything before it was handed on."""
        self.keep(self._last)

    def keep(self, size: int) -> None:
        """Count at most this many of the bytes received so far."""
        if self._held is not None:
            self._held.let_go(size)

    async def chunks(self, most: int | None) -> Chunks:
        while not self.is_at_end:
            yield await self.part(most)


async def whole(chunks: Chunks, first: bytes = b"") -> bytes:
    """Return all chunks joined, after the first."""
    pieces = Pieces()
    pieces.extend(first)
    async for chunk in chunks:
        pieces.extend(chunk)
    return bytes(pieces)


def too_large(most: int) -> Refusal:
    return Refusal(413, "HTTP:REQUEST_TOO_LARGE", f"the body is larger than {most} bytes", is_early=True)
