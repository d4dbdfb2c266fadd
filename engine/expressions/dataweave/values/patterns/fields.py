"""Java's date patterns (java.time.format.DateTimeFormatter) as tokens."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from engine.expressions.budget import spend
from engine.expressions.dataweave.values.errors import Unfit
from engine.limits import LONGEST_FORMAT_PATTERN

PIECE = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|([\[\]])|([^A-Za-z'{}#])")
PER_CHARACTER = 40
"""Steps to parse a pattern that is not known yet."""
PER_TOKEN = 16
"""Steps to write or read the value of a letter."""
LETTERS = frozenset("GuyDMLdQqYwWEecFaBhKkHmsSAnNVvzOXxZ")
NUMERIC = frozenset("uyDdwWFhKkHmsAnNY")
"""Letters that are always numbers."""
WIDTHS = {"y": 15, "u": 15, "Y": 15, "S": 9, "A": 19, "n": 19, "N": 19, "D": 3, "V": 2, "G": 5, "M": 5, "L": 5, "Q": 5,
          "q": 5, "E": 5, "e": 5, "c": 5, "a": 1, "W": 1, "F": 2, "w": 2, "z": 4, "v": 4, "O": 4, "X": 5, "x": 5,
          "Z": 5, "B": 5}  # fmt: skip


class Token(NamedTuple):
    """A literal text (no letter), a letter and how often it is repeated, or an optional part (letter `[`)."""

    letter: str
    width: int = 0
    text: str = ""
    parts: tuple[Token, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether it is written as digits."""
        return self.letter in NUMERIC or self.letter == "S" or (self.letter in "MLQqec" and 0 < self.width < 3)


@lru_cache(maxsize=256)
def tokens(pattern: str) -> tuple[Token, ...]:
    """Split a pattern. Raise Unfit if it is not a date pattern."""
    spend(PER_CHARACTER * len(pattern[:LONGEST_FORMAT_PATTERN]), "a format")
    if len(pattern) > LONGEST_FORMAT_PATTERN:
        raise Unfit(f"a format stops at {LONGEST_FORMAT_PATTERN} characters")
    levels: list[list[Token]] = [[]]
    position = 0
    while position < len(pattern):
        found = PIECE.match(pattern, position)
        if found is None:
            raise Unfit("the format is not a date pattern such as yyyy-MM-dd'T'HH:mm:ss")
        position = found.end()
        _take(found, levels)
    while len(levels) > 1:  # a part that is not closed ends with the pattern
        _close(levels)
    return tuple(levels[0])


def _take(found: re.Match[str], levels: list[list[Token]]) -> None:
    quoted, letter, bracket, other = found.groups()
    if bracket == "[":
        levels.append([])
    elif bracket == "]":
        _close(levels)
    elif letter is not None:
        levels[-1].append(_field(letter, len(found[0])))
    else:
        levels[-1].append(Token("", text=other if quoted is None else quoted.replace("''", "'") or "'"))


def _close(levels: list[list[Token]]) -> None:
    if len(levels) == 1:
        raise Unfit("the format has a ] without its [")
    parts = tuple(levels.pop())
    levels[-1].append(Token("[", parts=parts))


def _field(letter: str, width: int) -> Token:
    if letter not in LETTERS or width > WIDTHS.get(letter, 2):
        raise Unfit(f"a date pattern has no {letter * min(width, 20)}")
    return Token(letter, width)
