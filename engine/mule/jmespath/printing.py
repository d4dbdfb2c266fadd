"""Parts of JMESPath expressions as text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import NamedTuple

from engine.mule.jmespath.shapes import Shape

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
WORDS = ("true", "false", "null", "let", "in")
"""Names that are read as something else, unless they are quoted."""
PLAIN_TEXT = re.compile(r"[^\\\x00-\x1f\x7f-\x9f`\ud800-\udfff\u2028\u2029]*")
LOOSEST, CHOICE, OR, AND, COMPARED, SUM, PRODUCT, SIGN, PART = range(9)
"""How tightly parts of an expression hold together."""


class Part(NamedTuple):
    """A part of an expression.

    level: how tightly it holds together. in_list: its text as an element of `[…]`, if that is another one. arguments:
    of a call of `function`, to which further ones may be added.
    """

    text: str
    level: int
    shape: Shape
    in_list: str = ""
    function: str = ""
    arguments: tuple[str, ...] = ()

    def at(self, level: int) -> str:
        """Return the text for a place that takes this level: in parentheses if it is looser."""
        return self.text if self.level >= level else f"({self.text})"


def name(text: str) -> str:
    """Return a name as it is written between dots, or in front of a colon."""
    return text if NAME.fullmatch(text) and text not in WORDS else json.dumps(text, ensure_ascii=False)


def text(value: str) -> str:
    """Return a text as a literal."""
    escaped = value.replace("'", "\\'")
    return f"'{escaped}'" if PLAIN_TEXT.fullmatch(value) else literal(value)


def literal(value: object) -> str:
    """Return a value between backticks."""
    return "`" + json.dumps(value).replace("`", "\\u0060") + "`"


def called(function: str, arguments: Iterable[str]) -> str:
    return f"{function}({', '.join(arguments)})"


def gathered(function: str, parts: Iterable[Part], shape: Shape) -> Part:
    """Return a call of a function of any number of arguments; a part that is such a call gives its arguments."""
    arguments = tuple(each for part in parts for each in (part.arguments if part.function == function else [part.text]))
    return Part(called(function, arguments), PART, shape, function=function, arguments=arguments)
