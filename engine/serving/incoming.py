"""The body of a request, as it comes in."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from engine.core.refusal import Refusal

Chunks = AsyncGenerator[bytes, None]


class Incoming:
    """The bytes of a body in parts of any length, as ASGI has them; most bodies come in one.

    `most`, of the methods: how many bytes there may be. They raise Refusal as soon as there are more,
    ClientDisconnect where the caller is gone.
    """

    __slots__ = ("_receive", "_size", "is_at_end")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._size = 0
        self.is_at_end = False
        """Whether all of it came."""

    async def part(self, most: int | None = None) -> bytes:
        """The next part."""
        message = await self._receive()
        self.is_at_end = not message.get("more_body")
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part: bytes = message.get("body", b"")
        self._size += len(part)
        if most is not None and self._size > most:
            raise too_large(most)
        return part

    async def whole(self, most: int) -> bytes:
        parts = []
        while not self.is_at_end:
            parts.append(await self.part(most))
        return b"".join(parts)

    async def chunks(self, most: int | None) -> Chunks:
        while not self.is_at_end:
            yield await self.part(most)


def too_large(most: int) -> Refusal:
    return Refusal(413, "HTTP:REQUEST_TOO_LARGE", f"the body is larger than {most} bytes", is_early=True)
