"""The words and signs of the expressions of a file, for an editor to color."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from engine.editor.asking.expression_at import InExpression, expressions_in, whole_language
from engine.editor.asking.meaning import Meaning, Top
from engine.editor.cursor import language_of
from engine.editor.scopes.tokens import DATAWEAVE_WORDS, KINDS, OPERATORS, Token, tokens
from engine.editor.shaping.shapes import is_test
from engine.editor.shaping.values import sketched
from engine.editor.sketching.nodes import Key, Mapping, Node, Scalar, inner
from engine.parameters.reader import ROOTS

if TYPE_CHECKING:
    from engine.editor.site import Site
    from engine.editor.texts import Text

OF_KIND = {
    "text": "string", "literal": "string", "date": "number", "number": "number", "variable": "variable",
    "quoted": "property", "comment": "comment",
}  # fmt: skip
WORDS = {"jmespath": frozenset({"let", "in", "null", "true", "false"}), "dataweave": DATAWEAVE_WORDS}
LARGEST = 600_000
"""How many characters a file may have whose expressions are colored."""
DEEPEST = 100


class Colored(NamedTuple):
    """A token within a line: its kind, where it starts, and where it ends, in characters of the file."""

    kind: str
    start: int
    end: int


def colored(site: Site, text: Text) -> list[Colored]:
    """Return the tokens of all expressions of a file, in their order."""
    if len(text.source) > LARGEST:
        return []
    found = [each for inside in _expressions(site, text) for each in _of_expression(text.source, inside)]
    return sorted(set(found), key=lambda each: each.start)


def encoded(text: Text, found: list[Colored]) -> list[int]:
    """Return the tokens as the protocol sends them: five numbers each, relative to the one before, in UTF-16."""
    data: list[int] = []
    line = column = 0
    for each in found:
        own_line, own_column = text.position(each.start)
        _, end = text.position(each.end)
        data += [own_line - line, own_column - column * (own_line == line), end - own_column, KINDS.index(each.kind), 0]
        line, column = own_line, own_column
    return data


def _expressions(site: Site, text: Text) -> Iterator[InExpression]:
    source, language = text.source, language_of(text.source)
    waiting: list[tuple[Node | None, Meaning, Key, int]] = [(sketched(source), Top(is_test(text.path)), "", 0)]
    while waiting:
        node, meaning, last, depth = waiting.pop()
        if isinstance(node, Scalar):
            whole = whole_language(meaning, language, is_key=False, last=last)
            yield from expressions_in(source, node, whole, language)
        elif depth < DEEPEST:
            if isinstance(node, Mapping):
                yield from _keys(source, node, meaning, language)
            waiting += [(part, meaning.inside(key, site.catalog), key, depth + 1) for key, part in inner(node)]


def _keys(source: str, node: Mapping, meaning: Meaning, language: str) -> Iterator[InExpression]:
    if whole := whole_language(meaning, language, is_key=True, last=""):
        for entry in node.entries:
            if entry.name != "calls":
                yield from expressions_in(source, entry.key, whole, language)


def _of_expression(source: str, inside: InExpression) -> Iterator[Colored]:
    found = list(tokens(inside.text, inside.language))
    for number, token in enumerate(found):
        kind = _kind(found, number, inside.language)
        if kind:
            yield from _lines(source, inside, token, kind)


def _kind(found: list[Token], number: int, language: str) -> str:
    token = found[number]
    if token.kind == "name":
        return _of_name(found, number, language)
    if token.kind == "sign":
        return "" if token.text in ("(", ")", "[", "]", "{", "}", ",", ".", ":") else "operator"
    return OF_KIND[token.kind]


def _of_name(found: list[Token], number: int, language: str) -> str:
    token, before = found[number], found[number - 1].text if number else ""
    after = found[number + 1].text if number + 1 < len(found) else ""
    if before == ".":
        return "property"
    if token.text in WORDS[language]:
        return "operator" if token.text in OPERATORS and language == "dataweave" else "keyword"
    if after == "(":
        return "function"
    if after == ":" and before in ("{", ","):
        return "property"
    return "variable" if token.text in ROOTS else "property"


def _lines(source: str, inside: InExpression, token: Token, kind: str) -> Iterator[Colored]:
    """Yield a token line by line: no token of the protocol goes over the end of a line."""
    start = token.start
    for part in token.text.split("\n"):
        begin, end = start + len(part) - len(part.lstrip()), start + len(part.rstrip())
        if begin < end:
            first, last = inside.place(begin), inside.place(end - 1)
            if source.find("\n", first, last) < 0:
                yield Colored(kind, first, last + 1)
        start += len(part) + 1
