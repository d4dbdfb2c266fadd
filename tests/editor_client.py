"""An editor: pygls' own client, with `engine lsp` as a process of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

SECONDS = 60
"""How long an answer may take on a busy machine."""


class Editor(LanguageClient):
    """A client that keeps the newest diagnostics of each file."""

    def __init__(self) -> None:
        super().__init__("test-editor", "1")
        self.found: dict[str, list[types.PublishDiagnosticsParams]] = {}
        self.published = asyncio.Condition()
        self.versions: dict[Path, int] = {}
        self.capabilities: types.ServerCapabilities

        @self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        async def published(params: types.PublishDiagnosticsParams) -> None:
            async with self.published:
                self.found.setdefault(params.uri, []).append(params)
                self.published.notify_all()

    def open(self, path: Path, text: str | None = None) -> None:
        """Open a file, with its own text or another one."""
        self.versions[path] = 1
        source = path.read_bytes().decode() if text is None else text
        item = types.TextDocumentItem(path.as_uri(), "yaml", 1, source)
        self.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def change(self, path: Path, *changes: tuple[tuple[int, int], tuple[int, int], str] | str) -> int:
        """Change parts of a text, or all of it; return its new version."""
        self.versions[path] += 1
        identifier = types.VersionedTextDocumentIdentifier(self.versions[path], path.as_uri())
        parts = [_change(each) for each in changes]
        self.text_document_did_change(types.DidChangeTextDocumentParams(identifier, parts))
        return self.versions[path]

    def close(self, path: Path) -> None:
        identifier = types.TextDocumentIdentifier(path.as_uri())
        self.text_document_did_close(types.DidCloseTextDocumentParams(identifier))

    def written(self, *paths: Path) -> None:
        """Say that files have changed on the disk."""
        changes = [types.FileEvent(path.as_uri(), types.FileChangeType.Changed) for path in paths]
        self.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(changes))

    async def diagnostics(self, path: Path, version: int | None = None, *, after: int = 0) -> list[types.Diagnostic]:
        """Return the diagnostics of a file, of this version of it; after: how many have come before."""

        def newest() -> list[types.Diagnostic] | None:
            for params in reversed(self.found.get(path.as_uri(), [])[after:]):
                if version is None or params.version == version:
                    return list(params.diagnostics)
            return None

        async with self.published, asyncio.timeout(SECONDS):
            while (found := newest()) is None:
                await self.published.wait()
            return found

    async def codes(self, path: Path, version: int | None = None, *, after: int = 0) -> list[Any]:
        return [each.code for each in await self.diagnostics(path, version, after=after)]

    def count(self, path: Path) -> int:
        """Return how often diagnostics of a file have come."""
        return len(self.found.get(path.as_uri(), []))


def _change(change: tuple[tuple[int, int], tuple[int, int], str] | str) -> types.TextDocumentContentChangeEvent:
    if isinstance(change, str):
        return types.TextDocumentContentChangeWholeDocument(change)
    start, end, text = change
    return types.TextDocumentContentChangePartial(types.Range(types.Position(*start), types.Position(*end)), text)


@asynccontextmanager
async def editor(*roots: Path, options: Any = None, encodings: Any = None) -> AsyncIterator[Editor]:
    """Yield an editor with these folders, whose server is running."""
    client = Editor()
    await client.start_io(sys.executable, "-m", "engine.tools", "lsp", env={**os.environ, "PYTHONUNBUFFERED": "1"})
    folders = [types.WorkspaceFolder(root.as_uri(), root.name) for root in roots]
    general = types.GeneralClientCapabilities(position_encodings=encodings) if encodings else None
    capabilities = types.ClientCapabilities(general=general)
    params = types.InitializeParams(capabilities, workspace_folders=folders, initialization_options=options)
    try:
        client.capabilities = (await client.initialize_async(params)).capabilities
        client.initialized(types.InitializedParams())
        yield client
    finally:
        await client.shutdown_async(None)
        client.exit(None)
        await client.stop()
