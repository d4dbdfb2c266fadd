"""Compressed bodies: gzip and deflate."""

from __future__ import annotations

import zlib
from typing import Any, Protocol

from engine.core.refusal import Refusal
from engine.core.turns import give_turn
from engine.limits import HIGHEST_RATIO, SMALL_INFLATED
from engine.serving.incoming import Chunks

PORTION = 2**16
"""How many bytes are inflated at once: the bounds are looked at after each portion."""


class Inflater(Protocol):
    """What inflates one compressed body; as zlib's objects do."""

    @property
    def eof(self) -> bool: ...

    @property
    def unconsumed_tail(self) -> bytes: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes: ...


class _Deflate:
    """`deflate` is zlib's format (RFC 9110, 8.4.1.2), but some clients send it bare: the first byte tells."""

    def __init__(self) -> None:
        self._inflater: Inflater | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inflater, name)

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes:
        if self._inflater is None:
            is_zlib = data[:1] and data[0] & 0x0F == zlib.DEFLATED
            self._inflater = zlib.decompressobj(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
        return self._inflater.decompress(data, max_length)


INFLATERS: dict[str, Any] = {
    "gzip": lambda: zlib.decompressobj(16 + zlib.MAX_WBITS),
    "x-gzip": lambda: zlib.decompressobj(16 + zlib.MAX_WBITS),
    "deflate": _Deflate,
}


def inflated(chunks: Chunks, encoding: str) -> Chunks:
    """The bytes of a body with this Content-Encoding, which is one of INFLATERS.

    Reading them raises Refusal where they are not what the encoding says, or far more than came.
    """
    return _inflated(chunks, INFLATERS[encoding]())


async def _inflated(chunks: Chunks, inflater: Inflater) -> Chunks:
    came = made = 0
    async for chunk in chunks:
        came += len(chunk)
        rest, portion = chunk, b""
        while rest or len(portion) == PORTION:
            portion = _inflate(inflater, rest)
            rest = inflater.unconsumed_tail
            made += len(portion)
            if made > SMALL_INFLATED + HIGHEST_RATIO * (came - len(rest)):
                raise _bomb()
            yield portion
            await give_turn()
    if came and not inflater.eof:
        raise _damaged()


def _inflate(inflater: Inflater, data: bytes) -> bytes:
    try:
        portion = inflater.decompress(data, PORTION)
    except zlib.error:
        raise _damaged() from None
    if inflater.unused_data:
        raise _damaged()
    return portion


def _bomb() -> Refusal:
    detail = f"the body inflates to more than {HIGHEST_RATIO} times of what came"
    return Refusal(413, "HTTP:REQUEST_TOO_LARGE", detail, is_early=True)


def _damaged() -> Refusal:
    return Refusal(400, "HTTP:BAD_REQUEST", "the body cannot be inflated as its Content-Encoding says", is_early=True)
