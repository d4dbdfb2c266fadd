"""What an editor shows of the word at a place: the manual, what a name is, the value of an expression."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.editor.asking.asked import Asked
from engine.editor.asking.documentation import documentation_of, element_page, parameter_page
from engine.editor.asking.expression_at import InExpression, expression_at
from engine.editor.asking.facts import facts_of
from engine.editor.asking.meaning import Fields, Named, OneElement, Top, Value, element_class
from engine.editor.completing.expressions import standing_in
from engine.editor.scopes.shape import Shape
from engine.editor.scopes.tokens import OPERATORS, Token, tokens
from engine.editor.shaping.sampling import sample_of
from engine.values.telling import is_telling

if TYPE_CHECKING:
    from engine.editor.site import Site
    from engine.editor.texts import Text

TYPE = re.compile(r"[A-Z][A-Z0-9_]*:[A-Z][A-Z0-9_]*")
MOST_FIELDS = 20
WIDE = 400
"""How many characters before and after the cursor belong to an error type's line."""
LONGEST = 15_000
"""How many characters an expression may have of which something is told."""
CLOSING = {"]": "[", ")": "("}
OPENING = {"[": "]", "[?": "]", "(": ")"}


@dataclass(frozen=True)
class Hover:
    """markdown: what is shown of the characters from start to end."""

    markdown: str
    start: int
    end: int


def hover(site: Site, text: Text, offset: int) -> Hover | None:
    """Return what is known of the word at a place; None if nothing is."""
    asked = Asked.at(site, text, offset)
    if asked.cursor.is_nowhere:
        return None
    parts = [part for part in (_found(asked), _mistakes(asked)) if part]
    if not parts:
        return None
    return Hover("\n\n---\n\n".join(part.markdown for part in parts), parts[0].start, parts[0].end)


def _found(asked: Asked) -> Hover | None:
    inside = expression_at(asked.cursor, asked.meaning, asked.language)
    if inside is not None:
        return _of_expression(asked, inside)
    markdown = _of_key(asked) if asked.cursor.is_key else _of_value(asked)
    return Hover(markdown, asked.cursor.start, asked.cursor.end) if markdown else None


def _mistakes(asked: Asked) -> Hover | None:
    """Return the pages of the mistakes that begin in the word."""
    start, end = asked.cursor.start, max(asked.cursor.end, asked.cursor.start + 1)
    for each in asked.site.checked.by_file.get(asked.text.path, ()):
        if start <= asked.text.offset_of(each.place) < end and (
            page := documentation_of(asked.site, ("mistake", each.code))
        ):
            return Hover(page, start, asked.cursor.end)
    return None


def _of_key(asked: Asked) -> str:
    cursor, meaning = asked.cursor, asked.meaning
    name = asked.text.source[cursor.start : cursor.end]
    if isinstance(meaning, Top) and (page := documentation_of(asked.site, ("section", name))):
        return page
    if isinstance(meaning, OneElement):
        cls = element_class(asked.site.catalog, name)
        return element_page(name, cls) if cls else ""
    if isinstance(meaning, Fields):
        return parameter_page(meaning.cls, name)
    return _of_name(asked, name) if isinstance(meaning, Named) else ""


def _of_name(asked: Asked, name: str) -> str:
    """Return what a name is that the application defines."""
    facts = facts_of(asked.site)
    if name in facts.flows or name in facts.sub_flows:
        word = "flow" if name in facts.flows else "sub-flow"
        doc = facts.flows.get(name) or facts.sub_flows.get(name) or ""
        return "\n\n".join(filter(None, (f"**{name}**: a {word}", doc)))
    if name in facts.configs:
        element = facts.configs[name]
        page = documentation_of(asked.site, ("element", element))
        return f"**{name}**: a config, `{element}`" + (f"\n\n---\n\n{page}" if page else "")
    return f"**{name}**: an error handler" if name in facts.handlers else ""


def _of_value(asked: Asked) -> str:
    source, at = asked.text.source, asked.cursor.offset
    start = max(source.rfind("\n", 0, at) + 1, at - WIDE)
    line = source[start : at + WIDE].partition("\n")[0]
    for found in TYPE.finditer(line):
        if found.start() <= at - start <= found.end():
            return documentation_of(asked.site, ("type", found[0]))
    if isinstance(asked.meaning, Value):
        word = source[asked.cursor.start : asked.cursor.end].strip()
        return _of_name(asked, word) or parameter_page(asked.meaning.parameter.of.cls, asked.meaning.parameter.key)
    return ""


# Expressions


def _of_expression(asked: Asked, inside: InExpression) -> Hover | None:
    if len(inside.text) > LONGEST:
        return None
    found = list(tokens(inside.text, inside.language))
    number = next(
        (n for n, each in enumerate(found) if each.start <= inside.offset <= each.end and _is_word(each)), None
    )
    if number is None:
        return _told(asked, inside, 0, len(inside.text))
    token = found[number]
    if number + 1 < len(found) and found[number + 1].text == "(" and not _is_member(found, number):
        topic = ("dataweave" if inside.language == "dataweave" else "function", token.text)
        page = documentation_of(asked.site, topic)
        return _hover(inside, page, token.start, token.end) if page else None
    return _told(asked, inside, _chain(found, number), token.end)


def _is_word(token: Token) -> bool:
    return token.kind in ("name", "quoted", "variable") and token.text not in OPERATORS


def _is_member(found: list[Token], number: int) -> bool:
    return number > 0 and found[number - 1].text == "."


def _chain(found: list[Token], number: int) -> int:
    """Return where the value begins of which a word names a part: `payload` in `payload.records[0].id`."""
    while number > 1 and found[number - 1].text == ".":
        number -= 2
        while number > 0 and found[number].text in ("]", "[]", ")"):
            number = _before_bracket(found, number)
    return found[max(number, 0)].start


def _before_bracket(found: list[Token], number: int) -> int:
    """Return the number of the word before a bracket that ends there."""
    if found[number].text == "[]":
        return number - 1
    depth = 0
    while number > 0:
        text = found[number].text
        depth += (text in CLOSING) - (text in OPENING)
        if depth == 0:
            break
        number -= 1
    return max(number - 1, 0)


def _hover(inside: InExpression, markdown: str, start: int, end: int) -> Hover:
    return Hover(markdown, inside.place(start), inside.place(end))


def _told(asked: Asked, inside: InExpression, start: int, end: int) -> Hover | None:
    """Return the value of a part of an expression for a test case, else what is known of its shape."""
    part = inside.text[start:end].strip()
    if not part:
        return None
    before = InExpression(f"{inside.text[:end]} ", end + 1, inside.language, inside.start, inside.contents)
    standing = standing_in(asked, before)
    begin = InExpression(inside.text[:start], start, inside.language, inside.start, inside.contents)
    is_inner = standing_in(asked, begin).is_inner
    value = None if is_inner else sample_of(asked, part, inside.language)
    lines = [f"`{_short(part)}`", *_shape_lines(standing.value, hides=is_telling(part))]
    if value is not None:
        lines.append(f"For the test case *{value.case}*:\n\n```json\n{value.text}\n```")
    return _hover(inside, "\n\n".join(lines), start, end) if len(lines) > 1 else None


def _short(text: str) -> str:
    line = " ".join(text.split())
    return (line if len(line) < WIDE else f"{line[:WIDE]}…").replace("`", "'")


def _shape_lines(shape: Shape, *, hides: bool) -> Iterator[str]:
    word = shape.word if hides else shape.told
    if title := shape.title:
        yield title
    if word:
        yield word
    members = shape.members() or shape.items().members()
    if members:
        rows = [f"- `{name}`" + (f": {each.word}" if each.word else "") for name, each in members.items()]
        yield "\n".join(rows[:MOST_FIELDS] + (["- …"] if len(rows) > MOST_FIELDS else []))
