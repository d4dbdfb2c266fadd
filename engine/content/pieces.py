"""Bytes in the pieces in which they come."""

from __future__ import annotations

LARGE = 2**14
"""Bytes of a piece that stays as it is; of smaller ones several are put together, since each takes some bytes more."""


class Pieces:
    """Bytes that grow by pieces, each of which stays where it is: one block that grows is copied again and again."""

    __slots__ = ("_pieces", "_size")

    def __init__(self) -> None:
        self._pieces: list[bytes | bytearray] = []
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __bytes__(self) -> bytes:
        return b"".join(self._pieces)

    def extend(self, piece: bytes) -> None:
        self._size += len(piece)
        last = self._pieces[-1] if self._pieces else b""
        if len(piece) >= LARGE or not isinstance(last, bytearray) or len(last) >= LARGE:
            self._pieces.append(piece if len(piece) >= LARGE else bytearray(piece))
        else:
            last += piece

    def decode(self, codec: str) -> str:
        return bytes(self).decode(codec)
