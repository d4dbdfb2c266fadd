"""The body of a request, as it comes in."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from engine.content.pieces import Pieces
from engine.values.refusal import Refusal
from engine.wire.room import Held

Chunks = AsyncGenerator[bytes, None]


class Incoming:
    """The bytes of a body in parts of any length, as ASGI has them; most bodies come in one.

    `most`, of the methods: how many bytes there may be. They raise Refusal as soon as there are more,
    ClientDisconnect where the caller is gone.
    """

    __slots__ = ("_held", "_last", "_receive", "_size", "is_at_end")

    def __init__(self, receive: Receive, held: Held | None = None) -> None:
        self._receive = receive
        self._held = held
        self._size = self._last = 0
        self.is_at_end = False
        """Whether all of it came."""

    async def part(self, most: int | None = None) -> bytes:
        """The next part."""
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
        """Have so many bytes count beside those that came: what a part was inflated to.

        Raises Refusal where there is no room for them.
        """
        self._last = size
        if self._held is not None and not self.is_at_end:
            self._held.add(size)

    def hand_on(self) -> None:
        """Have no more count than the last part: what came before it was handed on."""
        self.keep(self._last)

    def keep(self, size: int) -> None:
        """Have no more than so many bytes count, of all that came so far."""
        if self._held is not None:
            self._held.let_go(size)

    async def chunks(self, most: int | None) -> Chunks:
        while not self.is_at_end:
            yield await self.part(most)


async def whole(chunks: Chunks, first: bytes = b"") -> bytes:
    """All chunks in one, behind the first."""
    pieces = Pieces()
    pieces.extend(first)
    async for chunk in chunks:
        pieces.extend(chunk)
    return bytes(pieces)


def too_large(most: int) -> Refusal:
    return Refusal(413, "HTTP:REQUEST_TOO_LARGE", f"the body is larger than {most} bytes", is_early=True)
