"""A real client and `engine lsp` as a process: names, outlines, actions and lenses over the protocol."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from editor.named_shop import FILES
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.lsp.client import LanguageClient

ORDERS, TESTS = "orders.yaml", "orders.test.yaml"


class Editor:
    """An editor with a folder and some open files."""

    def __init__(self, client: LanguageClient, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self.diagnostics: dict[str, Any] = {}
        self.messages: list[str] = []
        client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(self._published)
        client.feature(lsp.WINDOW_SHOW_MESSAGE)(lambda params: self.messages.append(params.message))
        client.feature(lsp.WORKSPACE_CODE_LENS_REFRESH)(lambda params: None)
        client.feature(lsp.CLIENT_REGISTER_CAPABILITY)(lambda params: None)

    def _published(self, params: lsp.PublishDiagnosticsParams) -> None:
        self.diagnostics[Path(params.uri).name] = params.diagnostics

    def open(self, name: str) -> lsp.TextDocumentIdentifier:
        path = self.folder / name
        item = lsp.TextDocumentItem(path.as_uri(), "yaml", 7, path.read_bytes().decode())
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        return lsp.TextDocumentIdentifier(item.uri)

    def at(self, name: str, before: str) -> lsp.Position:
        """Return the position of the `¦`, counted in units of UTF-16."""
        text = (self.folder / name).read_bytes().decode()
        offset = text.index(before.replace("¦", "")) + before.index("¦")
        line = text.rfind("\n", 0, offset) + 1
        return lsp.Position(text.count("\n", 0, offset), len(text[line:offset].encode("utf-16-le")) // 2)

    def text_in(self, name: str, found: lsp.Range) -> str:
        """Return the text of a range within one line."""
        line = (self.folder / name).read_bytes().decode().split("\n")[found.start.line].encode("utf-16-le")
        return line[found.start.character * 2 : found.end.character * 2].decode("utf-16-le")

    async def told(self, name: str, words: str) -> Any:
        """Wait for a diagnostic with these words."""
        for _ in range(600):
            found = [each for each in self.diagnostics.get(name, ()) if words in each.message]
            if found:
                return found[0]
            await asyncio.sleep(0.05)
        raise AssertionError(f"nobody told {words!r}: {self.diagnostics}")


@asynccontextmanager
async def editor(folder: Path) -> AsyncIterator[Editor]:
    for name, text in FILES.items():
        (folder / name).write_bytes(text.encode())
    client = LanguageClient("editor", "1")
    made = Editor(client, folder)
    await client.start_io(sys.executable, "-m", "engine.tools", "lsp")
    await client.initialize_async(lsp.InitializeParams(lsp.ClientCapabilities(), root_uri=folder.as_uri()))
    client.initialized(lsp.InitializedParams())
    try:
        yield made
    finally:
        await client.shutdown_async(None)
        client.exit(None)
        await client.stop()


def run(folder: Path, using: Any) -> None:
    async def session() -> None:
        async with editor(folder) as made:
            await using(made)

    asyncio.run(session())


def test_names_are_followed_behind_emoji(tmp_path: Path) -> None:
    async def session(ed: Editor) -> None:
        document, client = ed.open(ORDERS), ed.client
        place = ed.at(ORDERS, "variableName: ¦total, value: \"#['🦊'")
        [found] = await client.text_document_definition_async(lsp.DefinitionParams(document, place))
        assert (ed.text_in(ORDERS, found.range), found.range.start) == ("total", place)
        context = lsp.ReferenceContext(include_declaration=True)
        found = await client.text_document_references_async(lsp.ReferenceParams(context, document, place))
        assert {ed.text_in(Path(each.uri).name, each.range) for each in found} == {"total"}
        assert len(found) == 6
        lit = await client.text_document_document_highlight_async(lsp.DocumentHighlightParams(document, place))
        assert sorted(each.kind for each in lit) == [lsp.DocumentHighlightKind.Read] * 4 + [
            lsp.DocumentHighlightKind.Write
        ]
        place = ed.at(TESTS, "processor: Remember ¦🧾")
        document = ed.open(TESTS)
        [found] = await client.text_document_definition_async(lsp.DefinitionParams(document, place))
        assert ed.text_in(ORDERS, found.range) == "Remember 🧾"
        symbols = await client.workspace_symbol_async(lsp.WorkspaceSymbolParams("store ord"))
        assert [(each.name, each.container_name) for each in symbols] == [("store order", "flow")]

    run(tmp_path, session)


def test_rename_asks_first_and_edits_the_versions_of_the_editor(tmp_path: Path) -> None:
    async def session(ed: Editor) -> None:
        document, client = ed.open(ORDERS), ed.client
        place = ed.at(ORDERS, "target: gro¦ss")
        asked: Any = await client.text_document_prepare_rename_async(lsp.PrepareRenameParams(document, place))
        assert (asked.placeholder, ed.text_in(ORDERS, asked.range)) == ("gross", "gross")
        edit = await client.text_document_rename_async(lsp.RenameParams(document, place, "brutto"))
        changes: Any = edit and edit.document_changes
        assert [(Path(each.text_document.uri).name, each.text_document.version) for each in changes] == [(ORDERS, 7)]
        assert [each.new_text for each in changes[0].edits] == ["brutto"] * 4
        place = ed.at(ORDERS, "name: ¦store order")
        edit = await client.text_document_rename_async(lsp.RenameParams(document, place, "stored"))
        with pytest.raises(JsonRpcException, match="there is a flow 'order' already"):
            await client.text_document_rename_async(lsp.RenameParams(document, place, "order"))
        nowhere = ed.at(ORDERS, "# 🛒¦")
        with pytest.raises(JsonRpcException, match="there is no name here"):
            await client.text_document_prepare_rename_async(lsp.PrepareRenameParams(document, nowhere))

    run(tmp_path, session)


def test_outline_folding_selection_links(tmp_path: Path) -> None:
    async def session(ed: Editor) -> None:
        document, client = ed.open(ORDERS), ed.client
        symbols: Any = await client.text_document_document_symbol_async(lsp.DocumentSymbolParams(document))
        flows = next(each for each in symbols if each.name == "flows")
        [order] = [each for each in flows.children if each.name == "order"]
        step = order.children[1]
        assert (step.name, step.detail) == ("Remember 🧾", "set-variable")
        assert ed.text_in(ORDERS, step.selection_range) == "set-variable"
        folding = await client.text_document_folding_range_async(lsp.FoldingRangeParams(document))
        assert order.range.start.line in [each.start_line for each in folding or ()]
        place = ed.at(ORDERS, "'🦊' == ¦'x'")
        grown = await client.text_document_selection_range_async(lsp.SelectionRangeParams(document, [place]))
        assert grown is not None
        around: Any = grown[0].parent
        assert ed.text_in(ORDERS, around.range).startswith("\"#['🦊'") or ed.text_in(ORDERS, grown[0].range)
        links = await client.text_document_document_link_async(lsp.DocumentLinkParams(document))
        assert [Path(each.target or "").name for each in links or ()] == ["settings.properties"]

    run(tmp_path, session)


def test_actions_and_lenses(tmp_path: Path) -> None:
    async def session(ed: Editor) -> None:
        client, path = ed.client, tmp_path / ORDERS
        path.write_text(FILES[ORDERS].replace("flow-ref: {name: store order", "flow-ref: {nam: store order"), "utf-8")
        document = ed.open(ORDERS)
        wrong = await ed.told(ORDERS, "unknown parameter 'nam'")
        context = lsp.CodeActionContext([wrong], only=[lsp.CodeActionKind.QuickFix])
        [fix] = await client.text_document_code_action_async(lsp.CodeActionParams(document, wrong.range, context))
        assert (fix.title, fix.is_preferred, fix.diagnostics) == ("write: name", True, (wrong,))
        assert [each.new_text for each in fix.edit.document_changes[0].edits] == ["name"]
        place = ed.at(ORDERS, "- set-variable: {variable¦Name: httpStatus")
        here = lsp.Range(place, place)
        offered = await client.text_document_code_action_async(
            lsp.CodeActionParams(document, here, lsp.CodeActionContext([]))
        )
        by_title = {each.title: each for each in offered}
        assert list(by_title) == [
            "Extract 'set-variable' as a sub-flow", "Wrap 'set-variable' in try", "Add a test for 'order'",
        ]  # fmt: skip
        assert "by its number" in by_title["Wrap 'set-variable' in try"].disabled.reason
        lenses = await client.text_document_code_lens_async(lsp.CodeLensParams(document))
        assert [each.command.title for each in lenses][:2] == ["Run flow", "2 references"]

    run(tmp_path, session)


def test_a_case_is_run_from_its_line(tmp_path: Path) -> None:
    async def session(ed: Editor) -> None:
        client, path = ed.client, tmp_path / TESTS
        path.write_text(FILES[TESTS].replace("vars.told: 100", "vars.told: 101"), encoding="utf-8")
        document, flows = ed.open(TESTS), ed.open(ORDERS)
        lenses = await client.text_document_code_lens_async(lsp.CodeLensParams(document))
        by_title = {(each.command.title, *each.command.arguments[1:]): each.command for each in lenses}
        assert ("Run all tests", "") in by_title
        command = by_title["Run test", "the raised type is caught"]
        outcome: Any = await client.workspace_execute_command_async(
            lsp.ExecuteCommandParams(command.command, command.arguments)
        )
        assert outcome["hasFailed"]
        assert outcome["text"].startswith("1 failed, 3 deselected in ")
        assert ed.messages == [outcome["text"]]
        failed = await ed.told(TESTS, "wanted: 101")
        assert ed.text_in(TESTS, failed.range).startswith("vars.told")
        lenses = await client.text_document_code_lens_async(lsp.CodeLensParams(flows))
        titles = [each.command.title for each in lenses]
        assert any("lines covered" in title or title == "covered" for title in titles)
        assert "not covered" in titles

    run(tmp_path, session)
