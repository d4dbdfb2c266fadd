"""The purpose of a statement's parameters: values that are stored, values that are compared, lists after IN.

A list or a map that is stored becomes JSON. Used where one value is compared, it would be compared as that text, and
match nothing, or everything with NOT: so the purpose of each parameter must be known. The statement is not parsed for
it: the words and signs next to a parameter decide, and if they do not, it counts as stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from typing import NamedTuple

# Quoted text, comments and `::casts` are left alone; of the rest `:name` is a parameter.
TOKEN = re.compile(
    r"""
    (?<!\w)[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*`
    | (?<![\w$])\$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$
    | --[^\n]* | /\*(?:[^/*]|/(?!\*)|\*(?!/)|/\*.*?\*/)*\*/ | ::\w+ | (?<![\w:]):(?P<name>[A-Za-z_]\w*)
    """,
    re.VERBOSE | re.DOTALL,
)
LEXEME = re.compile(
    rf"""
    (?P<token>{TOKEN.pattern}) | (?P<word>@*[\w$]+)
    | (?P<operator>(?:(?!--|/\*)[-+*/<>=~!\#%^&|?]|@(?!\w)|:(?==))+) | (?P<sign>\S)
    """,
    re.VERBOSE | re.DOTALL,
)
COMPARISONS = frozenset({"=", "==", "<>", "!=", "<", ">", "<=", ">=", "<=>", "~", "~*", "!~", "!~*"})
LIKE = frozenset({"LIKE", "ILIKE", "GLOB", "REGEXP", "RLIKE", "MATCH", "BETWEEN"})
GROUPING = LIKE | {
    "AND", "BY", "CASE", "DISTINCT", "ELSE", "FROM", "HAVING", "IS", "LIMIT", "NOT", "OFFSET", "ON", "OR", "RETURNING",
    "SELECT", "SET", "THEN", "VALUES", "WHEN", "WHERE", "XOR",
}  # fmt: skip
"""Words before a parenthesis that call no function."""


class Kind(Enum):
    """The purpose of a parameter: stored or anything else, compared, asked whether it is null, a list after IN."""

    VALUE = auto()
    COMPARED = auto()
    TESTED = auto()
    AMONG = auto()
    NOT_AMONG = auto()


class SqlPlace(NamedTuple):
    """A parameter in the text of a statement, from start to end; that of a list begins at IN or NOT IN."""

    name: str
    start: int
    end: int
    kind: Kind

    @property
    def is_list(self) -> bool:
        return self.kind in (Kind.AMONG, Kind.NOT_AMONG)


class _Lexeme(NamedTuple):
    """A word, an operator or a sign; words are in capitals. opener: the lexeme before the parenthesis around it."""

    text: str
    start: int
    end: int
    name: str = ""
    opener: str = ""


NOTHING = _Lexeme("", -1, -1)


def places_in(text: str) -> list[SqlPlace]:
    """Return the parameters of a statement, in their order."""
    lexemes = [NOTHING, NOTHING, NOTHING, *_lexemes(text), NOTHING, NOTHING, NOTHING]
    return [_place(lexemes, index) for index, lexeme in enumerate(lexemes) if lexeme.name]


def _lexemes(text: str) -> Iterator[_Lexeme]:
    openers: list[str] = []
    last = ""
    for match in LEXEME.finditer(text):
        word = match[0].upper()
        if word.startswith(("--", "/*")):
            continue
        if word == ")" and openers:
            openers.pop()
        yield _Lexeme(word, match.start(), match.end(), match["name"] or "", openers[-1] if openers else "")
        if word == "(":
            openers.append(last)
        last = word


def _place(lexemes: Sequence[_Lexeme], index: int) -> SqlPlace:
    lexeme = lexemes[index]
    before, after = index - 1, _behind_casts(lexemes, index + 1)
    is_cast, is_grouped = after > index + 1, False
    while lexemes[before].text == "(" and lexemes[after].text == ")":
        before, after, is_grouped = before - 1, _behind_casts(lexemes, after + 1), True
    if is_grouped and not is_cast and lexemes[before].text == "IN":
        is_negated = lexemes[before - 1].text == "NOT"
        start = lexemes[before - is_negated].start
        return SqlPlace(lexeme.name, start, lexemes[after - 1].end, Kind.NOT_AMONG if is_negated else Kind.AMONG)
    kind = Kind.VALUE if is_grouped and _is_function(lexemes[before]) else _kind(lexemes, before, after, lexeme.opener)
    return SqlPlace(lexeme.name, lexeme.start, lexeme.end, kind)


def _behind_casts(lexemes: Sequence[_Lexeme], index: int) -> int:
    while lexemes[index].text.startswith("::"):
        index += 1
        while lexemes[index].text in ("[", "]"):
            index += 1
    return index


def _is_function(lexeme: _Lexeme) -> bool:
    return lexeme.text[-1:].isalnum() and lexeme.text not in GROUPING and lexeme.text != "IN"


def _kind(lexemes: Sequence[_Lexeme], before: int, after: int, opener: str) -> Kind:
    """Decide by the text before and after a parameter, with the parentheses around it alone."""
    next_words = [lexeme.text for lexeme in lexemes[after : after + 3]]
    if next_words[0] == "IS" and "NULL" in next_words[1 : 2 + (next_words[1] == "NOT")]:
        return Kind.TESTED
    is_entry = opener == "IN" and lexemes[before].text in ("(", ",") and next_words[0] in (")", ",")
    is_compared = is_entry or _compares(next_words) or _is_operand(lexemes, before)
    return Kind.COMPARED if is_compared else Kind.VALUE


def _compares(words: Sequence[str]) -> bool:
    """Return whether the words after a value compare it."""
    word = words[1] if words[0] == "NOT" else words[0]
    return words[0] in COMPARISONS or word in LIKE or word == "IN"


def _is_operand(lexemes: Sequence[_Lexeme], before: int) -> bool:
    """Return whether a value is compared with the expression that ends at this lexeme."""
    third, second, first = (lexeme.text for lexeme in lexemes[before - 2 : before + 1])
    if first in COMPARISONS:
        return first != "=" or not _is_assigned(lexemes, before - 1)
    if first == "NOT":
        return second == "IS"
    if first == "FROM":
        return second == "DISTINCT"
    return first in LIKE or first in ("IN", "IS", "WHEN") or (first == "AND" and third == "BETWEEN")


def _is_assigned(lexemes: Sequence[_Lexeme], last: int) -> bool:
    """Return whether a column that SET or UPDATE assigns ends at this lexeme."""
    while lexemes[last - 1].end == lexemes[last].start and lexemes[last - 1].text not in ("(", ")", ",", *COMPARISONS):
        last -= 1
    return lexemes[last - 1].text in ("SET", "UPDATE", ",")
