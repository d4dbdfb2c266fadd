"""Bytes kept in the pieces in which they arrived."""

from __future__ import annotations

LARGE = 2**14
"""The size from which a piece is kept as it is; smaller ones are joined, since each piece has an overhead."""


class Pieces:
    """Bytes that grow by pieces, none of which is moved: one growing block would be copied again and again."""

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
