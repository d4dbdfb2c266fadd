"""The words and signs of DataWeave 2.0 that mean something to the parser."""

from __future__ import annotations

import re
from typing import Final

DIRECTIVES: Final = frozenset({"output", "input", "ns", "var", "fun", "type", "import"})
"""The words that begin a directive of the header."""

RESERVED: Final = DIRECTIVES | frozenset(
    {
        "if", "else", "unless", "using", "as", "is", "null", "true", "false", "default", "case", "and", "or",
        "throw", "do", "for", "yield", "enum", "private", "async",
    }
)  # fmt: skip
"""The words that are neither a variable nor a key without quotes."""

NO_OPERATORS: Final = RESERVED | {"not"}
"""The words that do not call a function when they stand between two operands."""

CONSTANTS: Final = {"null": None, "true": True, "false": False}

SPACE: Final = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
WORD: Final = re.compile(r"\$+|[^\W\d]\w*")
NUMBER: Final = re.compile(r"(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
SIGN: Final = re.compile(r"---|\.\.|->|\+\+|--|<<|>>|::|~=|==|!=|<=|>=|[^\w\s]")
QUOTES: Final = "\"'`"

LEVELS: Final = {
    "or": 1,
    "and": 2,
    "==": 3,
    "!=": 3,
    "~=": 3,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "is": 4,
    "+": 5,
    "-": 5,
    "<<": 5,
    ">>": 5,
    "*": 6,
    "/": 6,
    "as": 7,
}
"""How tightly operators bind; calls between operands, `++`, `--` and `default` are below all of them."""

OPERATORS: Final = frozenset({"++", "--"})
"""The signs on the level of calls between operands."""
