"""What all features need: the site, the text and the names of a request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from lsprotocol import types

from engine.editor.names.index import Index
from engine.editor.site import Site
from engine.editor.spans import Edit, Span
from engine.editor.texts import Text, path_of, uri_of

_indexes: WeakKeyDictionary[Site, Index] = WeakKeyDictionary()


@dataclass(frozen=True)
class Asked:
    """The file that a request is about."""

    path: Path
    text: Text
    index: Index

    def offset(self, position: types.Position) -> int:
        """Return a position as an offset in what the loader reads."""
        return self.text.lines.offset_in_document(self.text.offset(position.line, position.character))


def asked(ls: Any, uri: str) -> Asked | None:
    """Return the file of a request; None if there is no such file, or if it belongs to no application."""
    path = path_of(uri)
    site = ls.files.site_with(path) if path else None
    text = ls.files.files.text(path) if site and site.has(path) else None
    return Asked(path, text, index_of(site)) if path and site and text else None


def index_of(site: Site) -> Index:
    """Return the names of a site."""
    if site not in _indexes:
        _indexes[site] = Index(site)
    return _indexes[site]


def text_of(ls: Any, path: Path) -> Text:
    text: Text | None = ls.files.files.text(path)
    return text or Text(path, uri_of(path), "")


def range_of(text: Text, start: int, end: int) -> types.Range:
    """Return the range of some characters of what the loader reads of a text."""
    first, last = (types.Position(*text.position(text.lines.offset_in_file(each))) for each in (start, end))
    return types.Range(first, last)


def location_of(ls: Any, span: Span) -> types.Location:
    text = text_of(ls, span.path)
    return types.Location(text.uri, range_of(text, span.start, span.end))


def outside(ls: Any, paths: Iterable[Path]) -> str:
    """Return why these files cannot be written: a link leads out of the workspace; empty if they can."""
    found = next((path for path in paths if not ls.files.contains(path)), None)
    return f"{found.name} lies outside of the workspace: a link leads there" if found else ""


def workspace_edit(ls: Any, edits: Iterable[Edit], new_files: dict[Path, str] | None = None) -> types.WorkspaceEdit:
    """Return edits of texts in the versions that the editor has, and files that are made."""
    by_file: dict[Path, list[Edit]] = {}
    for edit in edits:
        by_file.setdefault(edit.span.path, []).append(edit)
    changes: list[Any] = []
    for path, text in (new_files or {}).items():
        changes += [types.CreateFile(uri_of(path)), _of_new_file(path, text)]
    return types.WorkspaceEdit(document_changes=[*changes, *(_of_file(ls, *each) for each in by_file.items())])


def _of_new_file(path: Path, text: str) -> types.TextDocumentEdit:
    start = types.Position(0, 0)
    identifier = types.OptionalVersionedTextDocumentIdentifier(uri_of(path), None)
    return types.TextDocumentEdit(identifier, [types.TextEdit(types.Range(start, start), text)])


def _of_file(ls: Any, path: Path, edits: list[Edit]) -> types.TextDocumentEdit:
    text = text_of(ls, path)
    identifier = types.OptionalVersionedTextDocumentIdentifier(text.uri, text.version)
    end_of_line = "\r\n" if "\r\n" in text.source else "\n"
    changes = [
        types.TextEdit(range_of(text, edit.span.start, edit.span.end), edit.text.replace("\n", end_of_line))
        for edit in edits
    ]
    return types.TextDocumentEdit(identifier, changes)
