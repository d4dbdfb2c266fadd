"""The words and signs of expressions, in both languages, whether or not they can be parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

JMESPATH = re.compile(
    r"""(?P<space>\s+)
      | (?P<text>'(?:\\.|[^'\\])*'?) | (?P<literal>`(?:\\.|[^`\\])*`?) | (?P<quoted>"(?:\\.|[^"\\])*"?)
      | (?P<variable>\$\w*) | (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?) | (?P<name>[^\W\d]\w*)
      | (?P<sign>&&|\|\||==|!=|<=|>=|//|\[\?|\[\]|.)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
DATAWEAVE = re.compile(
    r"""(?P<space>\s+) | (?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<text>"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|`(?:\\.|[^`\\])*`?)
      | (?P<date>\|[0-9PT][^|\n]{0,60}\|)
      | (?P<variable>\$+(?!\w)) | (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?) | (?P<name>[^\W\d]\w*)
      | (?P<sign>---|\.\.\*|\.\.|\.\*|\.@|->|\+\+|--|<<|>>|::|~=|==|!=|<=|>=|\[\?|.)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
DATAWEAVE_WORDS = frozenset(
    [
        "output",
        "input",
        "ns",
        "var",
        "fun",
        "type",
        "import",
        "from",
        "if",
        "else",
        "unless",
        "using",
        "as",
        "is",
        "null",
        "true",
        "false",
        "default",
        "case",
        "and",
        "or",
        "not",
        "throw",
        "do",
        "for",
        "yield",
        "match",
        "update",
        "enum",
        "private",
        "async",
    ]
)
"""Words of DataWeave that are not names."""
OPERATORS = frozenset({"and", "or", "not", "as", "is", "default"})
KINDS = ("function", "property", "variable", "string", "number", "operator", "keyword", "comment")
"""The types of tokens, as the protocol names them."""
PATTERNS = {"jmespath": JMESPATH, "dataweave": DATAWEAVE}


class Token(NamedTuple):
    """A word or sign. kind: the name of a group of the patterns above, such as name or sign."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def is_open(self) -> bool:
        """Whether it is a text whose quote at the end is missing."""
        if self.kind not in ("text", "literal", "quoted"):
            return False
        body = self.text[1:]
        return not body or body[-1] != self.text[0] or (len(body) - len(body[:-1].rstrip("\\"))) % 2 == 0


def tokens(text: str, language: str) -> Iterator[Token]:
    """Yield the words and signs, without blanks."""
    for found in PATTERNS[language].finditer(text):
        if found.lastgroup and found.lastgroup != "space":
            yield Token(found.lastgroup, found[0], found.start())
