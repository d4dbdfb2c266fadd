"""Which function answers which request. Its module is imported with the first request, so that no start waits."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from engine.editor.scopes.tokens import KINDS

PUNCTUATION = [".", "$", "{", "[", "'", '"', "/", ":", " ", "&"]
ACTIONS = [
    types.CodeActionKind.QuickFix,
    types.CodeActionKind.RefactorExtract,
    types.CodeActionKind.RefactorRewrite,
    types.CodeActionKind.Source,
]
REQUESTS: tuple[tuple[str, str, Any], ...] = (
    (
        types.TEXT_DOCUMENT_COMPLETION,
        "words.completion",
        types.CompletionOptions(trigger_characters=PUNCTUATION, resolve_provider=True),
    ),
    (types.COMPLETION_ITEM_RESOLVE, "words.resolve", None),
    (types.TEXT_DOCUMENT_HOVER, "words.on_hover", None),
    (
        types.TEXT_DOCUMENT_SIGNATURE_HELP,
        "words.signature_help",
        types.SignatureHelpOptions(trigger_characters=["(", ","], retrigger_characters=[")"]),
    ),
    (types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, "words.semantic_tokens", types.SemanticTokensLegend(list(KINDS), [])),
    (types.TEXT_DOCUMENT_FORMATTING, "style.format_document", None),
    (types.TEXT_DOCUMENT_DEFINITION, "names.definition", None),
    (types.TEXT_DOCUMENT_REFERENCES, "names.find_references", None),
    (types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, "names.highlight", None),
    (types.WORKSPACE_SYMBOL, "names.symbols", None),
    (types.TEXT_DOCUMENT_PREPARE_RENAME, "names.prepare_rename", None),
    (types.TEXT_DOCUMENT_RENAME, "names.renamed", types.RenameOptions(prepare_provider=True)),
    (types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, "outlines.document_symbols", None),
    (types.TEXT_DOCUMENT_FOLDING_RANGE, "outlines.folding", None),
    (types.TEXT_DOCUMENT_SELECTION_RANGE, "outlines.selection", None),
    (types.TEXT_DOCUMENT_DOCUMENT_LINK, "outlines.document_links", types.DocumentLinkOptions()),
    (types.TEXT_DOCUMENT_CODE_ACTION, "changes.code_actions", types.CodeActionOptions(code_action_kinds=ACTIONS)),
    (types.TEXT_DOCUMENT_CODE_LENS, "runs.code_lenses", types.CodeLensOptions()),
)
"""Each request, its function in a module beside this one, and what the editor is told of it."""


def register(server: LanguageServer) -> None:
    """Make the server answer the requests, and run what is behind its lenses."""
    for request, name, options in REQUESTS:
        server.feature(request, options)(_answering(name))
    server.command("engine.runTest")(run_test)
    server.command("engine.runTests")(run_test)
    server.command("engine.runFlow")(run_flow)


def _function(name: str) -> Any:
    module, _, function = name.partition(".")
    return getattr(import_module(f"{__package__}.{module}"), function)


def _answering(name: str) -> Any:
    def answer(ls: LanguageServer, params: Any) -> Any:
        return _function(name)(ls, params)

    return answer


async def run_test(ls: LanguageServer, uri: str, case: str = "") -> dict[str, Any]:
    """Run a case of a test file, or all of them."""
    outcome: dict[str, Any] = await _function("runs.run_test")(ls, uri, case)
    return outcome


async def run_flow(ls: LanguageServer, uri: str, flow: str) -> dict[str, Any]:
    """Run a flow."""
    outcome: dict[str, Any] = await _function("runs.flow_run")(ls, uri, flow)
    return outcome
