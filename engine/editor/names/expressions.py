"""The names inside an expression, in either language, also in one that is not finished."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine.editor.names.mention import FLOW, PROPERTY, TEXT, VARIABLE

COMMENT = r"//[^\n]*|/\*.*?\*/"
"""Only DataWeave has them: `//` divides in JMESPath."""
QUOTED = r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`(?:\\.|[^`\\])*`"
WORD = re.compile(rf"{QUOTED}|\$?[A-Za-z_]\w*|[0-9][\w.]*|[^\s\w]", re.DOTALL)
WORD_OR_COMMENT = re.compile(rf"{COMMENT}|{WORD.pattern}", re.DOTALL)
INSIDE_TEXT = re.compile(r"\$\(((?:[^()]|\([^()]*\))*)\)")
"""An expression in a text of DataWeave."""
VARIABLES = frozenset({"vars", "$vars"})
TAKES_NAME = {"p": PROPERTY, "lookup": FLOW}
"""Functions whose first argument is the name of something."""
TYPE_NAME = re.compile(r"[A-Za-z_][\w-]*:[A-Za-z_][\w-]*")


class Word(NamedTuple):
    """A name in an expression: its kind, its text and its offset."""

    kind: str
    name: str
    offset: int


class _Token(NamedTuple):
    text: str
    offset: int

    @property
    def is_quoted(self) -> bool:
        return self.text[0] in "'\"`"

    @property
    def is_name(self) -> bool:
        return self.text[0].isalpha() or self.text[0] == "_"

    def as_word(self, kind: str) -> Word:
        """Return the name that it is, without its quotes."""
        return Word(kind, self.text[1:-1], self.offset + 1) if self.is_quoted else Word(kind, self.text, self.offset)


def words_in(expression: str, *, is_dataweave: bool) -> Iterator[Word]:
    """Yield the variables, properties and flows that an expression names, and its texts that may be error types."""
    pattern = WORD_OR_COMMENT if is_dataweave else WORD
    tokens = [_Token(match[0], match.start()) for match in pattern.finditer(expression)]
    tokens = [token for token in tokens if not (is_dataweave and token.text.startswith(("//", "/*")))]
    for number, token in enumerate(tokens):
        following = tokens[number + 1 : number + 4]
        if token.text in VARIABLES and not _is_field(tokens, number):
            yield from _variable(following)
        elif token.text in TAKES_NAME and _opens(following, "(") and following[1].is_quoted:
            yield following[1].as_word(TAKES_NAME[token.text])
        elif token.is_quoted:
            yield from _text(token, is_dataweave=is_dataweave)


def _is_field(tokens: Sequence[_Token], number: int) -> bool:
    """Return whether a word is a field of something else than the event."""
    return number > 0 and tokens[number - 1].text == "." and not (number > 1 and tokens[number - 2].text in ("$", "@"))


def _opens(tokens: Sequence[_Token], character: str) -> bool:
    return len(tokens) > 1 and tokens[0].text == character


def _variable(following: Sequence[_Token]) -> Iterator[Word]:
    if (_opens(following, ".") and (following[1].is_name or following[1].is_quoted)) or (
        _opens(following, "[") and following[1].is_quoted
    ):
        yield following[1].as_word(VARIABLE)


def _text(token: _Token, *, is_dataweave: bool) -> Iterator[Word]:
    if TYPE_NAME.fullmatch(token.text[1:-1]):
        yield token.as_word(TEXT)
    for match in INSIDE_TEXT.finditer(token.text) if is_dataweave else ():
        for word in words_in(match[1], is_dataweave=True):
            yield word._replace(offset=word.offset + token.offset + match.start(1))
