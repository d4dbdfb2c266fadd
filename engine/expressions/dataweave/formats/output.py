"""The text that a writer makes, bounded while it grows."""

from __future__ import annotations

from typing import Any

from engine.expressions.budget import spend
from engine.expressions.errors import EvaluationError
from engine.expressions.writing import BYTES_A_STEP, TooLarge
from engine.limits import DEEPEST, LARGEST_WRITTEN, LONGEST_LIST

PORTION = 2**12
"""How many pieces are counted at once."""
PER_PIECE = 24
"""Steps of a piece."""


class Output:
    """Collects the pieces of a text. what: the format, for errors."""

    __slots__ = ("_joined", "_left", "_pieces", "_what")

    def __init__(self, what: str) -> None:
        self._what = what
        self._joined: list[str] = []
        self._pieces: list[str] = []
        self._left = LARGEST_WRITTEN

    def put(self, piece: str) -> None:
        """Add a piece. Raise TooLarge, or BudgetSpent, if it is too much; at the latest after some thousand pieces."""
        self._pieces.append(piece)
        if len(self._pieces) > PORTION or len(piece) > PORTION:
            self._count()

    def _count(self) -> None:
        joined = "".join(self._pieces)
        spend(PER_PIECE * len(self._pieces) + len(joined) // BYTES_A_STEP, f"writing a value as {self._what}")
        self._left -= len(joined)
        if self._left < 0:
            raise TooLarge
        self._joined.append(joined)
        self._pieces.clear()

    def check_length(self, elements: Any) -> None:
        """Raise TooLarge for a range of more elements than a list may have: it takes no room until it is walked."""
        if isinstance(elements, range) and len(elements) > LONGEST_LIST:
            raise TooLarge(LONGEST_LIST, "elements of a range")

    def check_depth(self, depth: int) -> None:
        if depth > DEEPEST:
            raise EvaluationError(f"{self._what} is written with {DEEPEST} levels at most")

    def text(self) -> str:
        self._count()
        return "".join(self._joined)
