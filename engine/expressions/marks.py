"""Finds the `#[ … ]` in a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from engine.expressions.errors import ExpressionSyntaxError, unclosed_quote

QUOTES = frozenset("'\"`")


class MarkedPart(NamedTuple):
    """A piece of a text: literal, or the inside of a `#[ … ]` that begins at `offset`."""

    text: str
    offset: int
    is_expression: bool


def split(text: str) -> list[MarkedPart]:
    """Split a text into parts. `\\#[` is a literal `#[`.

    Raises ExpressionSyntaxError for a `#[` without its `]`.
    """
    parts: list[MarkedPart] = []
    literal, position = "", 0
    while (mark := text.find("#[", position)) >= 0:
        if text[:mark].endswith("\\"):
            literal += text[position : mark - 1] + "#["
            position = mark + 2
            continue
        end = _matching_bracket(text, mark + 2)
        literal += text[position:mark]
        if literal:
            parts.append(MarkedPart(literal, position, is_expression=False))
        parts.append(MarkedPart(text[mark + 2 : end], mark + 2, is_expression=True))
        literal, position = "", end + 1
    literal += text[position:]
    if literal or not parts:
        parts.append(MarkedPart(literal, position, is_expression=False))
    return parts


def doubts_of(parts: Sequence[MarkedPart]) -> Iterator[ExpressionSyntaxError]:
    """Yield a warning for `#[payload]]`: an unmatched bracket after an expression."""
    for before, part in pairwise(parts):
        if part.text.startswith("]") and before.is_expression and "[" not in parts[0].text:
            yield ExpressionSyntaxError(part.offset, "']' behind an expression that has ended", "one ']'")


def _matching_bracket(text: str, start: int) -> int:
    """Return the offset of the bracket that closes the one before `start`; brackets inside quotes do not count."""
    depth, position = 1, start
    while position < len(text):
        character = text[position]
        if character in QUOTES:
            opening, position = position, _closing_quote(text, position)
            if position >= len(text):
                raise unclosed_quote(opening, text[opening:])
        elif character in "[]":
            depth += 1 if character == "[" else -1
            if depth == 0:
                return position
        position += 1
    raise ExpressionSyntaxError(
        start - 2, "'#[' without its ']'", "'#[ … ]', or '\\#[' for the two characters themselves"
    )


def _closing_quote(text: str, start: int) -> int:
    position = start + 1
    while position < len(text) and text[position] != text[start]:
        position += 2 if text[position] == "\\" else 1
    return position
