"""The protocol: each of its requests is a function of this room. Only this module and `protocol` know pygls.

The modules that know the engine are imported when they are used: the server answers at once, and loads it behind that.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from engine import __version__
from engine.editor.features.table import register
from engine.editor.protocol import Protocol, converter
from engine.editor.texts import Change, Text, path_of

if TYPE_CHECKING:
    from engine.editor.background import Background
    from engine.editor.site import Site
    from engine.editor.workspace import Workspace

log = logging.getLogger("engine.editor")
WATCHED = ("**/*.{yaml,yml,py,properties,json,dwl}", "**/pyproject.toml")


class Server(LanguageServer):
    """The server of one editor."""

    def __init__(self) -> None:
        super().__init__("flow-engine", __version__, protocol_cls=Protocol, converter_factory=converter)
        self.options: dict[str, Any] = {}
        """What the editor was set up with: `documentation`, the address of the documentation site."""
        self._files: Workspace | None = None
        self._background: Background | None = None
        self.roots: list[Path] = []

    @property
    def files(self) -> Workspace:
        """The files of the workspace, and the sites that they belong to."""
        if self._files is None:
            from engine.editor.workspace import Workspace

            self._files = Workspace(self.roots)
        return self._files

    @property
    def background(self) -> Background:
        """Checks sites in a thread, and publishes what it finds."""
        if self._background is None:
            from engine.editor.background import Background

            address = self.options.get("documentation")
            documentation = address if isinstance(address, str) else None
            self._background = Background(self.files, self.text_document_publish_diagnostics, documentation)
        return self._background

    def check(self, sites: Iterable[Site | None]) -> None:
        """Have sites checked, and what is found published."""
        for site in sites:
            if site is not None:
                self.background.check(site)

    def stop(self) -> None:
        """End what works in the background."""
        if self._background is not None:
            self._background.stop()

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log what went wrong; of a request the editor is answered with it."""
        log.error("%s", error, exc_info=error if error.__traceback__ else None)


server = Server()
register(server)


# From the start to the end


@server.feature(types.INITIALIZE)
def initialize(ls: Server, params: types.InitializeParams) -> None:
    uris = [folder.uri for folder in params.workspace_folders or []] or [params.root_uri or ""]
    ls.roots = [path for uri in uris if (path := path_of(uri))]
    ls.options = dict(params.initialization_options) if isinstance(params.initialization_options, dict) else {}


@server.feature(types.INITIALIZED)
async def initialized(ls: Server, params: types.InitializedParams) -> None:
    watched = ls.client_capabilities.workspace and ls.client_capabilities.workspace.did_change_watched_files
    ls.background.begin()
    Thread(target=_prepare, name="manual", daemon=True).start()
    if watched and watched.dynamic_registration:
        watchers = [types.FileSystemWatcher(glob_pattern=pattern) for pattern in WATCHED]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers=watchers)
        registration = types.Registration("watched-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        await ls.client_register_capability_async(types.RegistrationParams([registration]))


def _prepare() -> None:
    from engine.editor.asking.documentation import prepare

    prepare()


@server.feature(types.SHUTDOWN)
def shutdown(ls: Server, params: None) -> None:
    ls.stop()


# Files


@server.feature(types.TEXT_DOCUMENT_DID_OPEN)
def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    item = params.text_document
    if path := path_of(item.uri):
        ls.check([ls.files.open(path, item.uri, item.text, item.version)])


@server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    path = path_of(params.text_document.uri)
    if path and path in ls.files.opened:
        changes = [_change(change) for change in params.content_changes]
        ls.check([ls.files.change(path, changes, params.text_document.version)])


@server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    if path := path_of(params.text_document.uri):
        ls.check([ls.files.close(path)])


@server.feature(types.TEXT_DOCUMENT_DID_SAVE)
def did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    if path := path_of(params.text_document.uri):
        ls.check(ls.files.changed_on_disk([path]))


@server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
def did_change_watched_files(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
    ls.check(ls.files.changed_on_disk([path for change in params.changes if (path := path_of(change.uri))]))


@server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
def did_change_folders(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    added, removed = (
        [path for folder in folders if (path := path_of(folder.uri))]
        for folders in (params.event.added, params.event.removed)
    )
    ls.files.set_roots(added, removed)
    ls.background.forget_gone()
    ls.background.begin()


def _change(change: types.TextDocumentContentChangeEvent) -> Change:
    if isinstance(change, types.TextDocumentContentChangePartial):
        start, end = change.range.start, change.range.end
        return Change(change.text, (start.line, start.character), (end.line, end.character))
    return Change(change.text)


# For the features


def range_of(text: Text, start: int, end: int) -> types.Range:
    """Return the range of some characters of a text."""
    return types.Range(types.Position(*text.position(start)), types.Position(*text.position(end)))


def site_and_text(ls: Server, uri: str) -> tuple[Site, Text] | None:
    """Return the site and the text of a file that a request names; None if there is no such text."""
    path = path_of(uri)
    text = ls.files.files.text(path) if path else None
    return (ls.files.site_of(path), text) if path and text else None
