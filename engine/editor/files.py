"""Documents of files: of the texts that are open in the editor, else of the disk, each read once."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from engine.editor.texts import Text, uri_of
from engine.loading.files.document import Document
from engine.loading.sections import document_of, read_file
from engine.parameters.files import FileState, state_of
from engine.parameters.files import read_file as content_of

LARGEST_TEXT = 8 * 2**20
"""Characters of a text that is looked at while it is written; a larger one is told, and nothing else."""


class _OnDisk(NamedTuple):
    state: FileState
    text: Text


class Files:
    """The files of a workspace. opened: the texts that the editor has."""

    def __init__(self) -> None:
        self.opened: dict[Path, Text] = {}
        self._on_disk: dict[Path, _OnDisk] = {}
        self._documents: dict[tuple[Path, type[Document]], tuple[Text, Document]] = {}

    def text(self, path: Path) -> Text | None:
        """Return the text of a file, as the editor or the disk has it; None if there is none."""
        opened = self.opened.get(path)
        return opened or self._text_on_disk(path)

    def _text_on_disk(self, path: Path) -> Text | None:
        state = state_of(path)
        if state is None:
            self._on_disk.pop(path, None)
            return None
        known = self._on_disk.get(path)
        if known is None or known.state != state:
            try:
                source = content_of(path).decode("utf-8", errors="replace")
            except (OSError, ValueError):
                return None
            known = self._on_disk[path] = _OnDisk(state, Text(path, uri_of(path), source))
        return known.text

    def document(self, path: Path, kind: type[Document] = Document) -> Document:
        """Return the loader's document of a file, with its mistakes: the same one, as long as its text is."""
        text = self.text(path)
        if text is None:
            return read_file(path, kind)
        known = self._documents.get((path, kind))
        if known is None or known[0].source != text.source:
            is_open = path in self.opened
            document = document_of(path, text.source, kind) if is_open else read_file(path, kind)
            known = self._documents[path, kind] = text, document
        return known[1]

    def read(self, file: Path, *, is_given: bool = False) -> Document:
        """Do as `document`, for the loader."""
        return self.document(file)
