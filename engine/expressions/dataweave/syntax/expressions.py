"""Parses operators, calls between operands, `match` and `update`."""

from __future__ import annotations

from engine.expressions.dataweave.syntax.patterns import Patterns
from engine.expressions.dataweave.syntax.scanner import NUMBERS, WORDS
from engine.expressions.dataweave.syntax.tree import As, Binary, Call, Is, Literal, Match, Name, Node, Unary, Update
from engine.expressions.dataweave.syntax.words import LEVELS, NO_OPERATORS, OPERATORS
from engine.expressions.digits import is_digits

LOGIC = LEVELS["or"]


class Expressions(Patterns):
    """Operators, from the loosest to the tightest."""

    def expression(self) -> Node:
        """Parse an expression."""
        outer, self.in_guard = self.in_guard, False
        node = self._calls()
        self.in_guard = outer
        return node

    def guarded(self) -> Node:
        """Parse the condition of a case, in which `(x) ->` is no function: the arrow ends the condition."""
        outer, self.in_guard = self.in_guard, True
        node = self._calls()
        self.in_guard = outer
        return node

    def _calls(self) -> Node:
        """Parse operands of `or` with calls, `++`, `--` and `default` between them, left to right."""
        node = self._operators(LOGIC)
        while True:
            token = self.token
            if token.kind == WORDS and token.text not in NO_OPERATORS and not token.text.startswith("$"):
                node = self._call_between(node)
            elif self.at("default", *OPERATORS):
                symbol = self.advance().text
                node = self.ended(Binary(node.offset, symbol, node, self._operators(LOGIC)))
            else:
                return node

    def _call_between(self, left: Node) -> Node:
        """Parse `left name right`, and `match` and `update` with braces."""
        token = self.advance()
        if token.text in ("match", "update") and self.at("{"):
            return self._match(left) if token.text == "match" else self._update(left)
        function = Name(token.start, token.text)
        while self.take("::"):
            module = f"{function.module}::{function.name}" if function.module else function.name
            function = Name(token.start, self.name("a function").text, module)
        return self.ended(Call(left.offset, function, (left, self._operators(LOGIC)), is_infix=True))

    def _match(self, left: Node) -> Node:
        return self.ended(Match(left.offset, left, self.cases()))

    def _update(self, left: Node) -> Node:
        return self.ended(Update(left.offset, left, self.changes()))

    def _operators(self, level: int) -> Node:
        """Parse operators that bind at least as tightly as the level."""
        node = self._signed()
        while self.token.text in LEVELS and LEVELS[self.token.text] >= level and self.token.kind != NUMBERS:
            token = self.advance()
            if token.text == "as":
                node = As(node.offset, node, self.type())
            elif token.text == "is":
                node = Is(node.offset, node, self.type())
            else:
                node = Binary(node.offset, token.text, node, self._operators(LEVELS[token.text] + 1))
            self.ended(node)
        return node

    def _signed(self) -> Node:
        """Parse an operand with the signs before it.

        `not`, and `-` before anything but a number, take everything up to the next call between operands; `!` does not.
        """
        token = self.token
        if self.take("!"):
            return Unary(token.start, "not", self._operators(LEVELS["as"]))
        if not self.at("-", "not"):
            return self.operand()
        if token.text == "-" and is_digits(self.text[token.end : token.end + 1]):
            return self._negative()
        return Unary(token.start, self.advance().text, self._operators(LOGIC))

    def _negative(self) -> Node:
        """Parse a number below zero."""
        number = self.number()
        return self.selected(Literal(number.offset, number.value))
