"""Finds the `#[ … ]` in a text: brackets in DataWeave's texts, comments and patterns do not count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from engine.expressions.dataweave.syntax.parser import parse
from engine.expressions.errors import ExpressionSyntaxError
from engine.expressions.marks import MarkedPart

MARK = "#["
SKIPPED = re.compile(
    r"""//[^\n]*|/\*[\s\S]*?(?:\*/|\Z)|"(?:[^"\\]|\\[\s\S])*"?|'(?:[^'\\]|\\[\s\S])*'?|`(?:[^`\\]|\\[\s\S])*`?|[\[\]]"""
)
"""What a bracket may stand in, and a bracket."""
TRIED = 16
"""How many brackets are tried as the end of an expression, where a pattern may hold some."""


def split(text: str) -> list[MarkedPart]:
    """Split a text into parts. `\\#[` is a literal `#[`. Raises ExpressionSyntaxError for a `#[` without its `]`."""
    parts: list[MarkedPart] = []
    literal, position = "", 0
    while (mark := text.find(MARK, position)) >= 0:
        if text[:mark].endswith("\\"):
            literal += text[position : mark - 1] + MARK
            position = mark + len(MARK)
            continue
        end = _end(text, mark + len(MARK))
        literal += text[position:mark]
        if literal:
            parts.append(MarkedPart(literal, position, is_expression=False))
        parts.append(MarkedPart(text[mark + len(MARK) : end], mark + len(MARK), is_expression=True))
        literal, position = "", end + 1
    literal += text[position:]
    if literal or not parts:
        parts.append(MarkedPart(literal, position, is_expression=False))
    return parts


def _end(text: str, start: int) -> int:
    """Return the place of the bracket that closes the one before `start`."""
    likely = next(_closing(text, start), None)
    if likely is not None and _is_script(text[start:likely]):
        return likely
    last = text.rfind("]", start)
    tried = (start + found.start() for found in islice(re.finditer("]", text[start:]), TRIED))
    for place in (last, *tried) if last >= 0 else ():
        if _is_script(text[start:place]):
            return place
    if likely is not None or last >= 0:
        return last if likely is None else likely
    expected = "'#[ … ]', or '\\#[' for the two characters themselves"
    raise ExpressionSyntaxError(start - len(MARK), "'#[' without its ']'", expected)


def _closing(text: str, start: int) -> Iterator[int]:
    """Yield the place of the bracket that matches, as far as texts and comments tell."""
    depth = 1
    for found in SKIPPED.finditer(text, start):
        if found[0] in ("[", "]"):
            depth += 1 if found[0] == "[" else -1
            if depth == 0:
                yield found.start()
                return


def _is_script(text: str) -> bool:
    try:
        parse(text)
    except ExpressionSyntaxError:
        return False
    return True
