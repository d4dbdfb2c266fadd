"""Definitions, references, highlights, rename, symbols of the workspace."""

from __future__ import annotations

from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from engine.editor.features.shared import asked, index_of, location_of, outside, range_of, workspace_edit
from engine.editor.names.finding import definitions, highlights, references, workspace_symbols
from engine.editor.names.mention import CONFIG, FLOW, HANDLER, TYPE
from engine.editor.names.renaming import Refused, prepare, rename

SYMBOLS = {
    FLOW: types.SymbolKind.Function,
    CONFIG: types.SymbolKind.Object,
    HANDLER: types.SymbolKind.Event,
    TYPE: types.SymbolKind.EnumMember,
}


def definition(ls: Any, params: types.DefinitionParams) -> list[types.Location]:
    file = asked(ls, params.text_document.uri)
    spans = definitions(file.index, file.path, file.offset(params.position)) if file else []
    return [location_of(ls, span) for span in spans]


def find_references(ls: Any, params: types.ReferenceParams) -> list[types.Location]:
    file, is_whole = asked(ls, params.text_document.uri), params.context.include_declaration
    if file is None:
        return []
    spans = references(file.index, file.path, file.offset(params.position), with_definitions=is_whole)
    return [location_of(ls, span) for span in spans]


def highlight(ls: Any, params: types.DocumentHighlightParams) -> list[types.DocumentHighlight]:
    file = asked(ls, params.text_document.uri)
    found = highlights(file.index, file.path, file.offset(params.position)) if file else []
    kinds = {True: types.DocumentHighlightKind.Write, False: types.DocumentHighlightKind.Read}
    return [
        types.DocumentHighlight(range_of(file.text, span.start, span.end), kinds[is_write])
        for span, is_write in found
        if file
    ]


def symbols(ls: Any, params: types.WorkspaceSymbolParams) -> list[types.SymbolInformation]:
    found = [each for site in ls.files.sites.values() for each in workspace_symbols(index_of(site), params.query)]
    return [
        types.SymbolInformation(location_of(ls, each.span), each.name, SYMBOLS[each.kind], container_name=each.kind)
        for each in found
    ]


def prepare_rename(ls: Any, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
    file = asked(ls, params.text_document.uri)
    if file is None:
        return None
    try:
        mention = prepare(file.index, file.path, file.offset(params.position))
    except Refused as error:
        raise _refusal(error) from None
    span = file.index.span(mention)
    return types.PrepareRenamePlaceholder(range_of(file.text, span.start, span.end), mention.name)


def renamed(ls: Any, params: types.RenameParams) -> types.WorkspaceEdit | None:
    file = asked(ls, params.text_document.uri)
    if file is None:
        return None
    try:
        edits = rename(file.index, file.path, file.offset(params.position), params.new_name)
    except Refused as error:
        raise _refusal(error) from None
    if reason := outside(ls, dict.fromkeys(edit.span.path for edit in edits)):
        raise _refusal(Refused(reason))
    return workspace_edit(ls, edits)


def _refusal(error: Refused) -> JsonRpcException:
    return JsonRpcException(str(error), types.LSPErrorCodes.RequestFailed.value)
