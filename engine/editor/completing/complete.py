"""Completion at a place: finds out which kind it is, and what fits to the word that is typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from textwrap import indent
from typing import TYPE_CHECKING

from engine.editor.asking.asked import Asked
from engine.editor.asking.expression_at import expression_at
from engine.editor.asking.meaning import Expected, Fields, Handlers, Meaning, Named, OneElement, Several, Top
from engine.editor.completing import expressions, keys, names, values
from engine.editor.completing.item import Completion
from engine.editor.sketching.nodes import Mapping, at

if TYPE_CHECKING:
    from engine.editor.site import Site
    from engine.editor.texts import Text

PLACEHOLDER = re.compile(r"\$\{([^}:\n]*)\Z")
MAPS = (Top, OneElement, Fields, Expected)
BEHIND_KEY = re.compile(r":[ \t]+\Z")
LONGEST_KEY = 200
MOST = 400
"""How many offers are made at once."""


def complete(site: Site, text: Text, offset: int) -> list[Completion]:
    """Return what may be written at a place, the likeliest first."""
    asked = Asked.at(site, text, offset)
    if asked.cursor.is_nowhere:
        return []
    found = [each for each in _offers(asked) if _fits(each, asked)]
    by_label = {each.label: each for each in sorted(found, key=_order, reverse=True)}
    word = _word(asked)
    return sorted(by_label.values(), key=lambda each: (not each.label.startswith(word), *_order(each)))[:MOST]


def _order(offer: Completion) -> tuple[int, str]:
    return offer.rank, offer.label


def _word(asked: Asked) -> str:
    found = re.search(r"[$\w:./-]*\Z", asked.cursor.word[-200:])
    return found[0] if found else ""


def _fits(offer: Completion, asked: Asked) -> bool:
    """Return whether the characters typed are in the offer, in their order."""
    typed = asked.text.source[offer.start : asked.cursor.offset].strip().lower()
    label = iter(offer.label.lower())
    return all(character in label for character in typed)


def _offers(asked: Asked) -> Iterator[Completion]:
    cursor = asked.cursor
    if not cursor.is_key and (found := PLACEHOLDER.search(cursor.word)):
        for each in names.properties(asked):
            yield replace(each, start=cursor.offset - len(found[1]), end=cursor.offset)
        return
    inside = expression_at(cursor, asked.meaning, asked.language)
    if inside is not None:
        yield from expressions.complete(asked, inside)
    if inside is None or isinstance(asked.meaning, Expected):
        yield from _placed(asked, _around(asked))


def _around(asked: Asked) -> Iterator[Completion]:
    """Yield keys and values, outside of expressions."""
    cursor, meaning = asked.cursor, asked.meaning
    if cursor.is_key:
        yield from keys.complete(asked, meaning, cursor.present)
        yield from _too_near(asked, meaning)
    elif isinstance(meaning, (*MAPS, Handlers)):
        yield from _below(asked, keys.complete(asked, meaning, ()))
        if isinstance(meaning, Handlers):
            yield from _as_item(asked, meaning.each)
    elif isinstance(meaning, Several) and not isinstance(meaning.each, (Named, Several)):
        yield from _as_item(asked, meaning.each)
    else:
        yield from _in_list(asked, meaning, values.complete(asked, meaning))


def _too_near(asked: Asked, meaning: Meaning) -> Iterator[Completion]:
    """Yield the parameters of an element below whose name the cursor stands, not further in: as editors indent."""
    if isinstance(meaning, OneElement) and len(asked.cursor.present) == 1:
        name = asked.cursor.present[0]
        around = at(asked.cursor.root, asked.cursor.path)
        if isinstance(around, Mapping) and around.get(name) is None:
            yield from keys.complete(asked, meaning.inside(name, asked.site.catalog), (), indent=keys.INDENT)


def _below(asked: Asked, offers: Iterable[Completion]) -> Iterator[Completion]:
    """Yield offers that begin a map or a list; behind its key they begin in the line below, or in braces."""
    before = asked.text.source[max(0, asked.cursor.start - LONGEST_KEY) : asked.cursor.start]
    is_behind_key = BEHIND_KEY.search(before) is not None and not isinstance(asked.meaning, Top)
    is_flow_style = keys.is_flow_style(asked)
    for offer in offers:
        if is_behind_key and is_flow_style:
            yield replace(offer, text=f"{{{offer.inserted}}}")
        elif is_behind_key:
            yield replace(offer, text="\n" + indent(offer.inserted, keys.INDENT))
        else:
            yield offer


def _as_item(asked: Asked, each: Meaning) -> Iterator[Completion]:
    """Yield the beginnings of an item of a list; a value that may stand alone for a list needs no dash."""
    if isinstance(each, MAPS):
        is_flow_style = keys.is_flow_style(asked)
        offers = keys.complete(asked, each, ())
        if is_flow_style:
            yield from (replace(offer, text=f"[{{{offer.inserted}}}]") for offer in offers)
        else:
            yield from _below(asked, (replace(offer, text=f"- {offer.inserted}") for offer in offers))
    else:
        yield from _in_list(asked, each, values.complete(asked, each))


def _in_list(asked: Asked, meaning: Meaning, offers: Iterable[Completion]) -> Iterator[Completion]:
    """Yield values; of a list with commas only its last entry is replaced."""
    cursor, style = asked.cursor, asked.cursor.scalar.style if asked.cursor.scalar else ""
    last = cursor.word.rpartition(",")[2].lstrip() if values.is_list(meaning) else cursor.word
    is_alone = len(last) == len(cursor.word)
    end = cursor.end if is_alone and not values.is_list(meaning) else cursor.offset
    for offer in offers:
        written = values.in_file(offer.inserted, style) if is_alone else offer.inserted
        yield replace(offer, text=written, start=cursor.offset - len(last), end=end)


def _placed(asked: Asked, offers: Iterable[Completion]) -> Iterator[Completion]:
    """Yield the offers, with the characters that they replace."""
    start, end = asked.cursor.start, asked.cursor.end
    for offer in offers:
        yield offer if offer.end else replace(offer, start=start, end=end)
