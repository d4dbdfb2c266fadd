"""Go to definition, find references, highlights, symbols of the workspace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from engine.editor.names.index import Index
from engine.editor.names.mention import CONFIG, ELEMENT, FLOW, FUNCTION, HANDLER, TYPE, Mention
from engine.editor.names.python_names import place_of_function, place_of_module
from engine.editor.spans import Span
from engine.loading.catalog import CatalogError
from engine.loading.files.place import Place

MOST_SYMBOLS = 500


class Highlight(NamedTuple):
    """A mention in the same file. is_write: whether the thing has its name, or its value, from there."""

    span: Span
    is_write: bool


class Symbol(NamedTuple):
    """A definition. kind: as `flow`; owner: what it is inside of."""

    name: str
    kind: str
    span: Span
    owner: str


def definitions(index: Index, path: Path, offset: int) -> list[Span]:
    """Return where the thing is defined whose name the cursor touches; in Python, for functions and elements."""
    mention = index.at(path, offset)
    if mention is None:
        return []
    if mention.kind in (FUNCTION, ELEMENT):
        place = _python_place(index, mention)
        return [_span(index, place)] if place else []
    return [index.span(each) for each in index.names().definitions(mention)]


def references(index: Index, path: Path, offset: int, *, with_definitions: bool = True) -> list[Span]:
    """Return all places that have the name which the cursor touches, in all files."""
    mention = index.at(path, offset)
    same = index.names().same(mention) if mention else []
    return [index.span(each) for each in same if with_definitions or not each.is_definition]


def highlights(index: Index, path: Path, offset: int) -> list[Highlight]:
    """Return the places in the same file."""
    mention = index.at(path, offset)
    same = index.names().same(mention) if mention else []
    return [Highlight(index.span(each), each.is_definition) for each in same if each.place.file == str(path)]


def workspace_symbols(index: Index, query: str) -> Iterator[Symbol]:
    """Yield the flows, configs, handlers and error types whose names have the characters of the query in its order."""
    names, found = index.names(), 0
    for kind in (FLOW, CONFIG, HANDLER, TYPE):
        for each in names.all(kind):
            if found < MOST_SYMBOLS and _fits(query.lower(), each.name.lower()):
                found += 1
                yield Symbol(each.name, kind, index.span(each), each.owner)


def _fits(query: str, name: str) -> bool:
    rest = iter(name)
    return all(character in rest for character in query)


def _python_place(index: Index, mention: Mention) -> Place | None:
    if mention.kind == FUNCTION:
        folders = {file.parent: None for file in index.site.all_files()}
        return place_of_function(mention.name, [Path.cwd(), *folders])
    try:
        return place_of_module(index.site.catalog[mention.name].__module__)
    except (CatalogError, KeyError):
        return None


def _span(index: Index, place: Place) -> Span:
    document = index.document(Path(place.file))
    start = document.offset_of(place)
    end = start
    while end < len(document.text) and (document.text[end].isalnum() or document.text[end] == "_"):
        end += 1
    return Span(Path(place.file), start, end)
