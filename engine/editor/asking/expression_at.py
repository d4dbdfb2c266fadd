"""The expression in which a cursor stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.editor.asking.meaning import Content, Expected, Meaning
from engine.editor.cursor import Cursor
from engine.editor.sketching.nodes import Scalar
from engine.editor.sketching.quotes import Decoded, decoded

FROM_EXPRESSION = "from-expression"
OPENING = re.compile(r"\\?#\[")
INSIDE = re.compile(r"""'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|"(?:\\.|[^"\\])*"|\[|\]""", re.DOTALL)
LARGEST = 200_000
"""How many characters of a text are searched for expressions."""


@dataclass(frozen=True)
class InExpression:
    """An expression, and how its characters stand in the file. offset: of the cursor in it."""

    text: str
    offset: int
    language: str
    start: int
    contents: Decoded

    @property
    def before(self) -> str:
        return self.text[: self.offset]

    def place(self, offset: int) -> int:
        """Return where a character of the expression stands in the file."""
        return self.contents.places[min(self.start + offset, len(self.contents.places) - 1)]


def expression_at(cursor: Cursor, meaning: Meaning, language: str) -> InExpression | None:
    """Return the expression in which the cursor stands; None if it is in none."""
    if cursor.scalar is None or cursor.scalar.end - cursor.scalar.start > LARGEST:
        return None
    contents = decoded(cursor.source, cursor.scalar)
    offset = contents.offset(cursor.offset)
    kind = whole_language(meaning, language, is_key=cursor.is_key, last=cursor.path[-1] if cursor.path else "")
    for start, end in marked(contents.text):
        if start <= offset <= end:
            return InExpression(contents.text[start:end], offset - start, language, start, contents)
    if not kind or (contents.text.lstrip().startswith("#[") and kind != "dataweave"):
        return None
    return InExpression(contents.text, offset, kind, 0, contents)


def whole_language(meaning: Meaning, language: str, *, is_key: bool, last: object) -> str:
    """Return the language of a text that is an expression as a whole; empty if it is none."""
    if is_key or isinstance(meaning, Expected):
        return "jmespath" if isinstance(meaning, Expected) else ""
    if isinstance(meaning, Content):
        return "dataweave" if meaning.is_script else language if meaning.is_whole else ""
    return "jmespath" if last == FROM_EXPRESSION else ""


def expressions_in(source: str, scalar: Scalar, whole: str, language: str) -> Iterator[InExpression]:
    """Yield the expressions of a text. whole: the language of the text, if all of it is one."""
    if scalar.end - scalar.start > LARGEST:
        return
    contents = decoded(source, scalar)
    spans = list(marked(contents.text)) if whole != "dataweave" else []
    if not spans and whole:
        yield InExpression(contents.text, 0, whole, 0, contents)
    for start, end in spans:
        yield InExpression(contents.text[start:end], 0, language, start, contents)


def marked(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the insides of `#[…]` begin and end; one that is not closed ends with the text."""
    position = 0
    while found := OPENING.search(text, position):
        position = found.end()
        if not found[0].startswith("\\"):
            end = _closing(text, position)
            yield position, end
            position = end + 1


def _closing(text: str, start: int) -> int:
    depth = 1
    for found in INSIDE.finditer(text, start):
        depth += 1 if found[0] == "[" else -1 if found[0] == "]" else 0
        if depth == 0:
            return found.start()
    return len(text)
