"""Completion, hover, signatures and colors as an editor asks for them: a client, and `engine lsp` as a process."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from editor.sites import CURSOR

pygls = pytest.importorskip("pygls.lsp.client", reason="the extra editor is not installed")
from lsprotocol import types  # noqa: E402  # after the extra is found

MARKED = f"""\
flows:
  f:
    steps:
      - set-variable: {{variableName: 😀tax, value: {{rate: 2}}}}
      - logger: {{message: "😀 #[length(vars.😀tax.{CURSOR})]"}}
      - set-p
"""
FLOW = MARKED.replace(CURSOR, "").replace("vars.😀tax.", "vars.tax.").replace("😀tax, value", "tax, value")


def place_of(text: str, before: str) -> types.Position:
    """Return the position behind a text, in units of UTF-16."""
    lines = text[: text.index(before) + len(before)].split("\n")
    return types.Position(len(lines) - 1, len(lines[-1].encode("utf-16-le")) // 2)


def cut(text: str, found: types.Range) -> str:
    """Return the text of a range within a line."""
    line = text.split("\n")[found.start.line].encode("utf-16-le")
    return line[found.start.character * 2 : found.end.character * 2].decode("utf-16-le")


async def asked(folder: Path) -> dict[str, Any]:
    """Return the answers to one request of each kind."""
    client = pygls.LanguageClient("test", "1")
    await client.start_io(sys.executable, "-m", "engine.tools", "lsp")
    try:
        snippets = types.ClientCompletionItemOptions(snippet_support=True)
        texts = types.TextDocumentClientCapabilities(
            completion=types.CompletionClientCapabilities(completion_item=snippets)
        )
        capabilities = types.ClientCapabilities(text_document=texts)
        await client.initialize_async(types.InitializeParams(capabilities, root_uri=folder.as_uri()))
        client.initialized(types.InitializedParams())
        uri = (folder / "a.yaml").as_uri()
        client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "yaml", 1, FLOW)))
        document = types.TextDocumentIdentifier(uri)
        fields, element, word = (place_of(FLOW, each) for each in ("vars.tax.", "set-p", "leng"))
        found = {
            "fields": await client.text_document_completion_async(types.CompletionParams(document, fields)),
            "elements": await client.text_document_completion_async(types.CompletionParams(document, element)),
            "hover": await client.text_document_hover_async(types.HoverParams(document, word)),
            "call": await client.text_document_signature_help_async(types.SignatureHelpParams(document, fields)),
            "colors": await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(document)),
        }
        found["manual"] = await client.completion_item_resolve_async(found["elements"].items[0])
        await client.shutdown_async(None)
        return found
    finally:
        client.exit(None)
        await client.stop()


def test_an_editor_is_helped(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(FLOW, encoding="utf-8")
    found = asyncio.run(asyncio.wait_for(asked(tmp_path), 60))
    rate = found["fields"].items[0]
    assert (rate.label, rate.detail, rate.text_edit.new_text) == ("rate", "integer · 2", "rate")
    element = found["elements"].items[0]
    assert (element.label, element.insert_text_format) == ("set-payload", types.InsertTextFormat.Snippet)
    assert cut(FLOW, element.text_edit.range) == "set-p"
    assert "**set-payload**" in found["manual"].documentation.value
    assert cut(FLOW, found["hover"].range) == "length"
    assert found["call"].signatures[0].label.startswith("length(")
    line = FLOW.split("\n")[4]
    assert found["colors"].data[:3] == [4, line.index("length") + 1, len("length")], "😀 counts as two"
