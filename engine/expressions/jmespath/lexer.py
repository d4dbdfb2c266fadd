"""The tokens of the expression language: JMESPath's, and those of our extensions."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from typing import Any

from jmespath import lexer

from engine.expressions.digits import is_digits
from engine.expressions.errors import ExpressionSyntaxError

Token = dict[str, Any]

NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
ENDS_OPERAND = frozenset(
    {
        "unquoted_identifier", "quoted_identifier", "number", "literal", "rbracket", "rparen", "rbrace", "current",
        "variable", "root", "flatten",
    }
)  # fmt: skip
NAMES = frozenset({"unquoted_identifier", "quoted_identifier"})


class Lexer(lexer.Lexer):
    """JMESPath's lexer with `$name`, `? :`, arithmetic and bare numbers.

    The base class reads each character; tokens it cannot distinguish (`-1` and `- 1`, `//` and `/`, a wildcard and a
    multiplication) are decided here, from the tokens on either side.
    """

    START_IDENTIFIER = lexer.Lexer.START_IDENTIFIER | {"$"}
    SIMPLE_TOKENS = lexer.Lexer.SIMPLE_TOKENS | {
        "?": "question",
        "+": "plus",
        "-": "minus",
        "/": "slash",
        "%": "percent",
        "=": "assign",
        "×": "times",
        "÷": "slash",
    }

    def tokenize(self, expression: str) -> Iterator[Token]:
        tokens = [self._with_end(token) for token in super().tokenize(expression)]
        return iter(_Assembler(expression, tokens).assemble())

    def _with_end(self, token: Token) -> Token:
        # The base class gives quoted tokens their length as their end.
        if token["type"] in ("literal", "quoted_identifier"):
            token["end"] += token["start"]
        return token

    def _consume_literal(self) -> Token:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PendingDeprecationWarning)
            token: Token = super()._consume_literal()
        if not isinstance(token["value"], str) and not _is_json(token["value"]):
            raise ExpressionSyntaxError(token["start"], "a number in backticks that is not finite", "a finite number")
        return token


def _is_json(value: Any) -> bool:
    """Return whether JSON can hold the value: Python reads NaN and Infinity too."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


class _Assembler:
    """Joins and renames the base lexer's tokens; one pass, left to right."""

    def __init__(self, expression: str, tokens: list[Token]) -> None:
        self.expression = expression
        self.rest = tokens[::-1]
        self.done: list[Token] = []
        self.open_lets = 0

    def assemble(self) -> list[Token]:
        while self.rest:
            token = self.rest.pop()
            getattr(self, "_" + token["type"], self._keep)(token)
        return self.done

    def _keep(self, token: Token) -> None:
        self.done.append(token)

    def _previous(self) -> str:
        return str(self.done[-1]["type"]) if self.done else ""

    def _next_touches(self, token: Token, kind: str) -> bool:
        return bool(self.rest[-1]["type"] == kind and self.rest[-1]["start"] == token["start"] + 1)

    def _before_variable(self) -> bool:
        following = self.rest[-1]
        return following["type"] == "unquoted_identifier" and bool(following["value"].startswith("$"))

    def _unquoted_identifier(self, token: Token) -> None:
        name = token["value"]
        if name.startswith("$"):
            token["type"] = "variable" if len(name) > 1 else "root"
        elif name == "let" and self._before_variable():
            self.open_lets += 1
            token["type"] = "let"
        elif name == "in" and self.open_lets and self._previous() in ENDS_OPERAND:
            self.open_lets -= 1
            token["type"] = "in"
        self.done.append(token)

    def _literal(self, token: Token) -> None:
        if self._previous() == "dot" and self.expression[token["start"]] == "'":
            token["type"] = "quoted_identifier"
        self.done.append(token)

    def _assign(self, token: Token) -> None:
        if self._next_touches(token, "assign"):
            self.rest.pop()
            token.update(type="eq", value="==", end=token["start"] + 2)
        self.done.append(token)

    def _slash(self, token: Token) -> None:
        if token["value"] == "/" and self._next_touches(token, "slash"):
            self.rest.pop()
            token.update(type="floor", value="//", end=token["start"] + 2)
        self.done.append(token)

    def _star(self, token: Token) -> None:
        if self._previous() in ENDS_OPERAND:
            token["type"] = "times"
        self.done.append(token)

    def _minus(self, token: Token) -> None:
        if self._touches_names(token):
            token["type"] = "minus_in_name"
        elif self._previous() in ("lbracket", "colon") and self._next_touches(token, "number"):
            number = self._read_number(self.rest.pop())
            token.update(type="number", value=-number["value"], end=number["end"])
        self.done.append(token)

    def _touches_names(self, token: Token) -> bool:
        left, right = self.done[-1] if self.done else None, self.rest[-1]
        return (
            left is not None
            and left["type"] in NAMES
            and left["end"] == token["start"]
            and right["type"] in NAMES
            and right["start"] == token["end"]
            and not right["value"].startswith("$")
        )

    def _number(self, token: Token) -> None:
        self.done.append(self._read_number(token))

    def _read_number(self, token: Token) -> Token:
        match = NUMBER.match(self.expression, token["start"])
        assert match is not None
        text = match.group()
        while self.rest[-1]["start"] < match.end() and self.rest[-1]["type"] != "eof":
            self.rest.pop()
        value = int(text) if is_digits(text) else float(text)
        return {"type": "number", "value": value, "start": token["start"], "end": match.end()}
