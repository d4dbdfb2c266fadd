"""The protocol: each of its requests is a function of this room. Only this module knows pygls."""

from __future__ import annotations

import logging
from pathlib import Path

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from engine import __version__
from engine.editor.site import Site
from engine.editor.texts import Change, Text, path_of
from engine.editor.workspace import Workspace
from engine.loading.diagnostic import Diagnostic

log = logging.getLogger("engine.editor")
SOURCE = "engine"


class Server(LanguageServer):
    """The server of one editor."""

    def __init__(self) -> None:
        super().__init__("flow-engine", __version__)
        self.files = Workspace()


server = Server()


# Files


@server.feature(types.INITIALIZE)
def initialize(ls: Server, params: types.InitializeParams) -> None:
    uris = [folder.uri for folder in params.workspace_folders or []] or [params.root_uri or ""]
    ls.files.roots = [path for uri in uris if (path := path_of(uri))]


@server.feature(types.TEXT_DOCUMENT_DID_OPEN)
def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    item = params.text_document
    if path := path_of(item.uri):
        publish(ls, ls.files.open(path, item.uri, item.text, item.version))


@server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    if path := path_of(params.text_document.uri):
        changes = [_change(change) for change in params.content_changes]
        publish(ls, ls.files.change(path, changes, params.text_document.version))


@server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    if path := path_of(params.text_document.uri):
        publish(ls, ls.files.close(path))


@server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
def did_change_watched_files(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
    paths = [path for change in params.changes if (path := path_of(change.uri))]
    for site in ls.files.changed_on_disk(paths):
        publish(ls, site)


def _change(change: types.TextDocumentContentChangeEvent) -> Change:
    if isinstance(change, types.TextDocumentContentChangePartial):
        start, end = change.range.start, change.range.end
        return Change(change.text, (start.line, start.character), (end.line, end.character))
    return Change(change.text)


# Diagnostics


def publish(ls: Server, site: Site) -> None:
    """Send the diagnostics of all files of a site."""
    for path, found in site.diagnostics().items():
        text = site.texts.get(path) or ls.files.read(path)
        if text is not None:
            diagnostics = [_diagnostic(text, each) for each in found]
            ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(text.uri, diagnostics, text.version))


def _diagnostic(text: Text, found: Diagnostic) -> types.Diagnostic:
    start = text.offset_of(found.place)
    return types.Diagnostic(
        range_of(text, start, start + 1),
        str(found.mistake),
        severity=types.DiagnosticSeverity.Warning if found.is_warning else types.DiagnosticSeverity.Error,
        code=found.code,
        source=SOURCE,
    )


def range_of(text: Text, start: int, end: int) -> types.Range:
    """Return the range of some characters of a text."""
    return types.Range(types.Position(*text.position(start)), types.Position(*text.position(end)))


def site_and_text(ls: Server, uri: str) -> tuple[Site, Text] | None:
    """Return the site and the text of a file that a request names; None if there is no such text."""
    path = path_of(uri)
    site = ls.files.site_of(path) if path else None
    text = site.texts.get(path) if site and path else None
    return (site, text) if site and text else None


def folder_of(ls: Server, path: Path) -> Path:
    """Return the folder of the workspace that a file is in; its own, if it is in none."""
    return next((root for root in ls.files.roots if path.is_relative_to(root)), path.parent)
