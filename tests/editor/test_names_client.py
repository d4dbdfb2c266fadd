"""A real client and `engine lsp` as a process: names, outlines, actions and lenses over the protocol."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types as lsp
from named_shop import FILES
from pygls.exceptions import JsonRpcException
from pygls.lsp.client import LanguageClient

Run = Callable[..., None]
ORDERS, TESTS = "orders.yaml", "orders.test.yaml"


class Editor:
    """An editor with a folder of its own, and a server that it shares with others."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.client = server.client
        self.server = server
        self.folder = folder

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
        uri = (self.folder / name).as_uri()
        for _ in range(600):
            found = [each for each in self.server.diagnostics.get(uri, ()) if words in each.message]
            if found:
                return found[0]
            await asyncio.sleep(0.05)
        raise AssertionError(f"nobody told {words!r}: {self.server.diagnostics}")


class Server:
    """A client of `engine lsp`, and what the server told it."""

    def __init__(self) -> None:
        self.client = LanguageClient("editor", "1")
        self.diagnostics: dict[str, Any] = {}
        self.messages: list[str] = []
        self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(lambda params: self._published(params))
        self.client.feature(lsp.WINDOW_SHOW_MESSAGE)(lambda params: self.messages.append(params.message))

    def _published(self, params: lsp.PublishDiagnosticsParams) -> None:
        self.diagnostics[params.uri] = params.diagnostics

    async def begin(self, root: Path) -> None:
        await self.client.start_io(sys.executable, "-m", "engine.tools", "lsp")
        await self.client.initialize_async(lsp.InitializeParams(lsp.ClientCapabilities(), root_uri=root.as_uri()))
        self.client.initialized(lsp.InitializedParams())

    async def end(self) -> None:
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[tuple[asyncio.Runner, Server]]:
    with asyncio.Runner() as runner:
        made = Server()
        runner.run(made.begin(root))
        yield runner, made
        runner.run(made.end())


@pytest.fixture
def run(root: Path, server: tuple[asyncio.Runner, Server], request: pytest.FixtureRequest) -> Run:
    """Return what runs a session of an editor, whose files are changed as given before."""
    runner, made = server
    folder = root / request.node.name
    folder.mkdir()

    def run(session: Callable[[Editor], Coroutine[Any, Any, None]], **changed: tuple[str, str]) -> None:
        for name, text in FILES.items():
            old, new = changed.get(name.partition(".")[0] + ("_test" if ".test." in name else ""), ("", ""))
            (folder / name).write_bytes(text.replace(old, new).encode() if old else text.encode())
        runner.run(session(Editor(made, folder)))

    return run


def test_names_are_followed_behind_emoji(run: Run) -> None:
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
        assert {(each.name, each.container_name) for each in symbols} == {("store order", "flow")}

    run(session)


def test_rename_asks_first_and_edits_the_versions_of_the_editor(run: Run) -> None:
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

    run(session)


def test_outline_folding_selection_links(run: Run) -> None:
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

    run(session)


def test_actions_and_lenses(run: Run) -> None:
    async def session(ed: Editor) -> None:
        document, client = ed.open(ORDERS), ed.client
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

    run(session, orders=("flow-ref: {name: store order", "flow-ref: {nam: store order"))


def test_a_case_is_run_from_its_line(run: Run) -> None:
    async def session(ed: Editor) -> None:
        client = ed.client
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
        assert ed.server.messages[-1] == outcome["text"]
        failed = await ed.told(TESTS, "wanted: 101")
        assert ed.text_in(TESTS, failed.range).startswith("vars.told")
        lenses = await client.text_document_code_lens_async(lsp.CodeLensParams(flows))
        titles = [each.command.title for each in lenses]
        assert any("lines covered" in title or title == "covered" for title in titles)
        assert "not covered" in titles

    run(session, orders_test=("vars.told: 100", "vars.told: 101"))
