"""Parses texts, regular expressions, dates and numbers."""

from __future__ import annotations

import re
from decimal import Decimal

from engine.expressions.dataweave.syntax.scanner import NUMBERS, WORDS, Scanner
from engine.expressions.dataweave.syntax.tree import Literal, Moment, Name, Node, RegexLiteral, Text
from engine.expressions.decimals import MOST_DIGITS
from engine.expressions.digits import is_digits
from engine.expressions.errors import ExpressionSyntaxError, unclosed_quote

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\\": "\\", '"': '"', "'": "'", "`": "`", "$": "$"}
ESCAPES["/"] = "/"
PLAIN = {quote: re.compile(rf"[^\\${quote}]+") for quote in "\"'`"}
HEXADECIMAL = re.compile(r"[0-9a-fA-F]{4}")
REFERENCE = re.compile(r"\$+|[A-Za-z]\w*", re.ASCII)
REGEX = re.compile(r"/((?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\]|\[)*)/")
MOMENT = re.compile(r"\|([PT0-9Z+\-][^|\s]*)\|")
SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")


class Literals(Scanner):
    """The literals whose ends depend on what is inside."""

    def expression(self) -> Node:
        raise NotImplementedError

    def number(self) -> Literal:
        """Parse a number, with the sign that stands right before it."""
        start = self.token.start
        sign = "-" if self.take("-") else ""
        if self.token.kind != NUMBERS:
            self.fail("a number")
        token = self.advance()
        if self.token.kind in (WORDS, NUMBERS) and self.token.start == token.end:
            found = self.text[token.start : self.token.end][:40]
            raise ExpressionSyntaxError(token.start, f"'{found}'", "a number", token.text)
        return Literal(start, _number(sign + token.text, start))

    def regex(self) -> RegexLiteral:
        """Parse `/…/`."""
        start = self.token.start
        found = REGEX.match(self.text, start)
        if not found:
            raise ExpressionSyntaxError(start, "'/' without the '/' at its end", "a regular expression", r"/\d+/")
        self.move(found.end())
        return RegexLiteral(start, found[1].replace("\\/", "/"))

    def moment(self) -> Moment:
        """Parse `|…|`."""
        start = self.token.start
        found = MOMENT.match(self.text, start)
        if not found:
            what = self.text[start : start + 20].split("\n", 1)[0]
            raise ExpressionSyntaxError(start, f"'{what}'", "a date, time or period", "|2024-03-01|, |PT1H|")
        self.move(found.end())
        return Moment(start, found[1])

    def string(self) -> Literal | Text:
        """Parse a text in quotes, with the expressions in it."""
        start = self.token.start
        quote = self.advance().text
        parts: list[str | Node] = []
        while not self.at_once(quote):
            if self.position >= len(self.text):
                raise unclosed_quote(start, self.text[start:])
            parts.append(self._part(quote))
        self.move(self.position + 1)
        return _joined(start, parts)

    def _part(self, quote: str) -> str | Node:
        """Parse some characters, one escape or one expression."""
        here = self.position
        plain = PLAIN[quote].match(self.text, here)
        if plain:
            self.move(plain.end())
            return plain[0]
        if self.text[here] == "\\":
            return self._escape()
        if self.text.startswith("$(", here):
            self.move(here + 2)
            value = self.expression()
            self.expect(")", "behind an expression in a text")
            return value
        return self._reference()

    def _reference(self) -> Node:
        """Parse `$name` or `$`, which ends with the name."""
        here = self.position
        found = REFERENCE.match(self.text, here + 1)
        if found and not found[0].startswith("$"):
            self.move(found.end())
            return Name(here + 1, found[0])
        end = found.end() if found else here + 1
        self.move(end)
        return Name(here, self.text[here:end])

    def _escape(self) -> str:
        """Parse one escape; the backslash stays before a sign that needs none."""
        sign = self.text[self.position + 1 : self.position + 2]
        code = HEXADECIMAL.match(self.text, self.position + 2) if sign == "u" else None
        self.move(code.end() if code else self.position + 2)
        return chr(int(code[0], 16)) if code else ESCAPES.get(sign, "\\" + sign)


def _number(text: str, offset: int) -> int | Decimal:
    """Return the value of a number as written; `1e3` stays a decimal, which is written so."""
    if len(text) > MOST_DIGITS:
        raise ExpressionSyntaxError(offset, f"a number of {len(text)} digits", f"at most {MOST_DIGITS}")
    if is_digits(text.lstrip("-")):
        return int(text)
    number = Decimal(text)
    if abs(number.adjusted()) > MOST_DIGITS:
        raise ExpressionSyntaxError(offset, f"'{text}'", "a smaller number")
    return number


def _joined(start: int, parts: list[str | Node]) -> Literal | Text:
    """Return a literal if there are only characters."""
    joined: list[str | Node] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    whole = [_paired(part) if isinstance(part, str) else part for part in joined]
    if not whole or (len(whole) == 1 and isinstance(whole[0], str)):
        return Literal(start, whole[0] if whole else "")
    return Text(start, tuple(whole))


def _paired(text: str) -> str:
    """Return the text with each pair of escapes for one character as that character."""
    return SURROGATES.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
