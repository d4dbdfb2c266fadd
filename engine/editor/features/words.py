"""Completion, hover, signatures and colors."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from engine.editor.asking.documentation import documentation_of
from engine.editor.completing.complete import complete
from engine.editor.completing.item import Completion, without_places
from engine.editor.hovering import hover
from engine.editor.signatures import signature_at
from engine.editor.site import Site
from engine.editor.texts import Text, path_of
from engine.editor.tokens import colored, encoded

KINDS_OF_COMPLETIONS = {
    "section": types.CompletionItemKind.Module,
    "element": types.CompletionItemKind.Class,
    "parameter": types.CompletionItemKind.Property,
    "value": types.CompletionItemKind.EnumMember,
    "name": types.CompletionItemKind.Reference,
    "type": types.CompletionItemKind.Event,
    "field": types.CompletionItemKind.Field,
    "variable": types.CompletionItemKind.Variable,
    "function": types.CompletionItemKind.Function,
    "file": types.CompletionItemKind.File,
    "property": types.CompletionItemKind.Constant,
}
ASK_AGAIN = types.Command("Suggest", "editor.action.triggerSuggest")
"""The command of VS Code that opens the list again; other editors do not know it, and leave it out."""


def completion(ls: Any, params: types.CompletionParams) -> types.CompletionList | None:
    if not (found := _asked(ls, params.text_document.uri)):
        return None
    site, text = found
    offers = complete(site, text, text.offset(params.position.line, params.position.character))
    uri = params.text_document.uri
    return types.CompletionList(False, [_offer(ls, text, uri, number, each) for number, each in enumerate(offers)])


def _offer(ls: Any, text: Text, uri: str, number: int, offer: Completion) -> types.CompletionItem:
    has_snippets = offer.is_snippet and _takes_snippets(ls)
    written = offer.inserted if has_snippets or not offer.is_snippet else without_places(offer.inserted)
    return types.CompletionItem(
        offer.label,
        kind=KINDS_OF_COMPLETIONS[offer.kind],
        detail=offer.detail or None,
        sort_text=f"{number:04}",
        filter_text=offer.label,
        text_edit=types.TextEdit(_range(text, offer.start, offer.end), written),
        insert_text_format=types.InsertTextFormat.Snippet if has_snippets else types.InsertTextFormat.PlainText,
        insert_text_mode=types.InsertTextMode.AdjustIndentation,
        command=ASK_AGAIN if offer.goes_on else None,
        data={"uri": uri, "topic": list(offer.topic)} if offer.topic else None,
    )


def _takes_snippets(ls: Any) -> bool:
    told = ls.client_capabilities.text_document
    item = told.completion.completion_item if told and told.completion else None
    return bool(item and item.snippet_support)


def resolve(ls: Any, item: types.CompletionItem) -> types.CompletionItem:
    told = item.data if isinstance(item.data, dict) else {}
    if found := _asked(ls, str(told.get("uri", ""))):
        markdown = documentation_of(found[0], tuple(map(str, told.get("topic", ()))))
        item.documentation = _markdown(markdown) if markdown else None
    return item


def on_hover(ls: Any, params: types.HoverParams) -> types.Hover | None:
    if not (found := _asked(ls, params.text_document.uri)):
        return None
    site, text = found
    shown = hover(site, text, text.offset(params.position.line, params.position.character))
    return types.Hover(_markdown(shown.markdown), _range(text, shown.start, shown.end)) if shown else None


def _markdown(text: str) -> types.MarkupContent:
    return types.MarkupContent(types.MarkupKind.Markdown, text)


def signature_help(ls: Any, params: types.SignatureHelpParams) -> types.SignatureHelp | None:
    if not (found := _asked(ls, params.text_document.uri)):
        return None
    site, text = found
    call = signature_at(site, text, text.offset(params.position.line, params.position.character))
    if call is None:
        return None
    arguments = [types.ParameterInformation(place) for place in call.arguments]
    told = types.SignatureInformation(call.label, _markdown(call.markdown), arguments, call.active)
    return types.SignatureHelp([told], 0, call.active)


def semantic_tokens(ls: Any, params: types.SemanticTokensParams) -> types.SemanticTokens:
    found = _asked(ls, params.text_document.uri)
    return types.SemanticTokens(encoded(found[1], colored(*found)) if found else [])


def _asked(ls: Any, uri: str) -> tuple[Site, Text] | None:
    """Return the site and the text of a request; None if there is no such file, or if it belongs to no application."""
    path = path_of(uri)
    site = ls.files.site_with(path) if path else None
    text = ls.files.files.text(path) if site and site.has(path) else None
    return (site, text) if site and text else None


def _range(text: Text, start: int, end: int) -> types.Range:
    return types.Range(types.Position(*text.position(start)), types.Position(*text.position(end)))
