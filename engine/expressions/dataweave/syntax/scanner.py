"""Reads words and signs out of a script, on demand: only the parser knows whether `/` begins a regular expression."""

from __future__ import annotations

from typing import NamedTuple, NoReturn, TypeVar

from engine.expressions.dataweave.syntax.tree import Node
from engine.expressions.dataweave.syntax.words import NUMBER, QUOTES, RESERVED, SIGN, SPACE, WORD
from engine.expressions.errors import ExpressionSyntaxError
from engine.limits import MOST_SCRIPT_TOKENS

WORDS, NUMBERS, SIGNS, QUOTE, END = "word", "number", "sign", "quote", "end"


Found = TypeVar("Found", bound=Node)


class Token(NamedTuple):
    """A word, number, sign, the quote that begins a text, or the end. kind: one of the names above."""

    kind: str
    text: str
    start: int
    end: int


class Scanner:
    """The text of a script and the place that is read next."""

    def __init__(self, text: str, position: int = 0) -> None:
        self.text = text
        self.position = position
        self._token: Token | None = None
        self._taken = 0

    @property
    def token(self) -> Token:
        """The next word or sign, behind white space and comments."""
        if self._token is None:
            self._token = self._read()
        return self._token

    def _read(self) -> Token:
        space = SPACE.match(self.text, self.position)
        start = space.end() if space else self.position
        if start >= len(self.text):
            return Token(END, "", start, start)
        if self.text[start] in QUOTES:
            return Token(QUOTE, self.text[start], start, start + 1)
        for kind, pattern in ((WORDS, WORD), (NUMBERS, NUMBER), (SIGNS, SIGN)):
            found = pattern.match(self.text, start)
            if found:
                return Token(kind, found[0], start, found.end())
        return Token(SIGNS, self.text[start], start, start + 1)

    def move(self, position: int) -> None:
        """Go on from a place in the text."""
        self.position = position
        self._token = None

    def advance(self) -> Token:
        """Take the next word or sign."""
        token = self.token
        self._taken += 1
        if self._taken > MOST_SCRIPT_TOKENS:
            found, expected = f"a script of more than {MOST_SCRIPT_TOKENS} words and signs", "a shorter one"
            raise ExpressionSyntaxError(token.start, found, expected)
        self.move(token.end)
        return token

    def at(self, *texts: str) -> bool:
        """Return whether the next word or sign is one of these."""
        token = self.token
        return token.text in texts and token.kind in (WORDS, SIGNS)

    def at_once(self, text: str) -> bool:
        """Return whether this text follows without white space."""
        return self.text.startswith(text, self.position)

    def at_name(self) -> bool:
        """Return whether the next word may be the name of a variable."""
        token = self.token
        return token.kind == WORDS and token.text not in RESERVED

    def take(self, *texts: str) -> bool:
        """Take the next word or sign if it is one of these."""
        if self.at(*texts):
            self.advance()
            return True
        return False

    def expect(self, text: str, where: str = "", write: str = "") -> Token:
        """Take the next word or sign, which must be this one."""
        if not self.at(text):
            self.fail(f"'{text}'{' ' if where else ''}{where}", write)
        return self.advance()

    def name(self, what: str) -> Token:
        """Take a name that is not reserved. what: the thing that it names."""
        token = self.token
        if token.kind == WORDS and token.text in RESERVED:
            found = f"'{token.text}', which is a reserved word,"
            raise ExpressionSyntaxError(token.start, found, f"another name of {what}", f"{token.text}Value")
        if not self.at_name():
            self.fail(f"the name of {what}")
        return self.advance()

    def ended(self, node: Found) -> Found:
        """Note that a node ends here."""
        if not node.end:
            object.__setattr__(node, "end", self.position)  # nodes do not change once they are parsed
        return node

    def fail(self, expected: str, write: str = "") -> NoReturn:
        """Raise the mistake that something else stands here."""
        token = self.token
        raise ExpressionSyntaxError(token.start, quoted(token), expected, write)


def quoted(token: Token) -> str:
    """Return what a mistake says was found."""
    if token.kind == END:
        return "the end of the script"
    return "a text" if token.kind == QUOTE else f"'{token.text[:40]}'"
