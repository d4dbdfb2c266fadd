"""Text in a flow file that knows its place."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class TextPlace(Protocol):
    """A place in a flow file. As text: `flows/orders.yaml:14:11`."""

    @property
    def file(self) -> str: ...

    def __str__(self) -> str: ...


class Piece(NamedTuple):
    """A part of a text after its placeholders were filled in; `offset` is its original position."""

    text: str
    is_filled: bool
    offset: int = 0


class Text(str):
    """A text of a flow file, with its place.

    `pieces` tells which parts came out of placeholders: filled-in text is never read as `#[…]`.
    `secret` marks text with a filled-in secret: no message may show it.
    """

    __slots__ = ("pieces", "place", "secret")
    pieces: tuple[Piece, ...]
    place: TextPlace | None
    secret: bool

    def __new__(
        cls, text: str, place: TextPlace | None = None, pieces: tuple[Piece, ...] = (), *, secret: bool = False
    ) -> Text:
        self = super().__new__(cls, text)
        self.place = place
        self.pieces = pieces or (Piece(text, is_filled=False),)
        self.secret = secret
        return self

    @property
    def is_one_placeholder(self) -> bool:
        return len(self.pieces) == 1 and self.pieces[0].is_filled

    @property
    def has_placeholders(self) -> bool:
        return any(piece.is_filled for piece in self.pieces)

    def is_filled_at(self, offset: int) -> bool:
        """Return whether the character at an offset came out of a placeholder."""
        piece, _ = self._piece_at(offset)
        return piece.is_filled

    def original(self, offset: int) -> int:
        """Return the offset that a character had before placeholders were filled in; of filled-in text its place."""
        piece, inside = self._piece_at(offset)
        return piece.offset + (0 if piece.is_filled else inside)

    def _piece_at(self, offset: int) -> tuple[Piece, int]:
        """Return the piece with a character, and the character's place in it."""
        start = 0
        for piece in self.pieces:
            if offset < start + len(piece.text):
                return piece, offset - start
            start += len(piece.text)
        return self.pieces[-1], offset - start + len(self.pieces[-1].text)
