"""Document symbols, folding, selection ranges, links to files."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from engine.editor.features.shared import Asked, asked, range_of
from engine.editor.outline import Outline, folds, link_spans, outline, selections
from engine.editor.texts import uri_of

KINDS = {
    "section": types.SymbolKind.Namespace,
    "flow": types.SymbolKind.Function,
    "config": types.SymbolKind.Object,
    "handler": types.SymbolKind.Event,
    "source": types.SymbolKind.Interface,
    "step": types.SymbolKind.Method,
    "case": types.SymbolKind.Function,
    "property": types.SymbolKind.Property,
}


def document_symbols(ls: Any, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
    file = asked(ls, params.text_document.uri)
    if file is None:
        return []
    made = outline(file.index.document(file.path).text, file.index.site.catalog)
    return [_symbol(file, each) for each in made]


def _symbol(file: Asked, each: Outline) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        each.name,
        KINDS[each.kind],
        range_of(file.text, each.start, each.end),
        range_of(file.text, each.name_start, each.name_end),
        detail=each.detail or None,
        children=[_symbol(file, inner) for inner in each.inside],
    )


def folding(ls: Any, params: types.FoldingRangeParams) -> list[types.FoldingRange]:
    file = asked(ls, params.text_document.uri)
    found = folds(file.index.document(file.path).text) if file else []
    comment = types.FoldingRangeKind.Comment
    return [types.FoldingRange(each.first, each.last, kind=comment if each.is_comment else None) for each in found]


def selection(ls: Any, params: types.SelectionRangeParams) -> list[types.SelectionRange]:
    file = asked(ls, params.text_document.uri)
    if file is None:
        return []
    return [_selection(file, position) for position in params.positions]


def _selection(file: Asked, position: types.Position) -> types.SelectionRange:
    parts = selections(file.index.document(file.path).text, file.offset(position))
    around: types.SelectionRange | None = None
    for start, end in reversed(parts):
        around = types.SelectionRange(range_of(file.text, start, end), around)
    return around or types.SelectionRange(types.Range(position, position))


def document_links(ls: Any, params: types.DocumentLinkParams) -> list[types.DocumentLink]:
    file = asked(ls, params.text_document.uri)
    found = link_spans(file.index.document(file.path).text, file.path) if file else []
    return [
        types.DocumentLink(range_of(file.text, span.start, span.end), target=uri_of(target))
        for span, target in found
        if file
    ]
