"""Inflates compressed bodies: gzip and deflate."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any, Protocol

from engine.limits import HIGHEST_RATIO, SMALL_INFLATED
from engine.serving.bodies.incoming import Chunks
from engine.work.turns import give_turn

PORTION = 2**16
"""How many bytes are inflated at a time: the limits are checked after each portion."""


PIECE = 2**10
"""The same if there are several members: a member may have only twenty bytes."""


class Inflater(Protocol):
    """An object that inflates one compressed body, like zlib's."""

    @property
    def eof(self) -> bool: ...

    @property
    def unconsumed_tail(self) -> bytes: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes: ...


class _Deflate:
    """`deflate` is zlib's format (RFC 9110, 8.4.1.2), but some clients send it bare: the first byte shows which."""

    def __init__(self) -> None:
        self._inflater: Inflater = zlib.decompressobj()
        self._is_begun = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inflater, name)

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes:
        if not self._is_begun and data:
            self._is_begun = True
            is_zlib = data[0] & 0x0F == zlib.DEFLATED
            self._inflater = zlib.decompressobj(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
        return self._inflater.decompress(data, max_length)


INFLATERS: dict[str, Any] = {
    "gzip": lambda: zlib.decompressobj(16 + zlib.MAX_WBITS),
    "x-gzip": lambda: zlib.decompressobj(16 + zlib.MAX_WBITS),
    "deflate": _Deflate,
}


class Damaged(ValueError):
    """Bytes that do not match their Content-Encoding."""


class CutOff(Damaged):
    """Bytes that end before their compressed data is complete."""


class TooDense(ValueError):
    """Bytes that inflate to far more than was received."""

    def __init__(self) -> None:
        super().__init__(f"more than {HIGHEST_RATIO} times of what came")


def inflated(chunks: Chunks, encoding: str, *, has_members: bool = False) -> Chunks:
    """Inflate the bytes of a body with this Content-Encoding, which is one of INFLATERS.

    has_members: whether several compressed members may follow each other (RFC 1952, 2.2). Reading the bytes raises
    Damaged and TooDense.
    """
    return _inflated(chunks, INFLATERS[encoding], has_members)


async def _inflated(chunks: Chunks, start: Callable[[], Inflater], has_members: bool) -> Chunks:
    came = made = 0
    inflater, most = start(), 0
    async for chunk in chunks:
        came += len(chunk)
        at, portion = 0, b""
        while at < len(chunk) or (len(portion) == PORTION and not inflater.eof):
            if inflater.eof:
                inflater, most = _next(start, has_members), PIECE
            piece = chunk[at : at + (most or len(chunk))]
            portion, rest = _inflate(inflater, piece)
            at += len(piece) - rest
            made += len(portion)
            if made > SMALL_INFLATED + HIGHEST_RATIO * (came - len(chunk) + at):
                raise TooDense
            yield portion
            await give_turn()
    if came and not inflater.eof:
        raise CutOff


def _next(start: Callable[[], Inflater], has_members: bool) -> Inflater:
    if not has_members:
        raise Damaged
    return start()


def _inflate(inflater: Inflater, data: bytes) -> tuple[bytes, int]:
    """Return the inflated bytes of a part, and how many of its bytes are left."""
    try:
        portion = inflater.decompress(data, PORTION)
    except zlib.error:
        raise Damaged from None
    return portion, len(inflater.unused_data if inflater.eof else inflater.unconsumed_tail)
