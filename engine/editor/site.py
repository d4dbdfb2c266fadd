"""One application in the editor: its project, its files with the editor's texts of them, and what is known of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from pathlib import Path

from engine.editor.checking import Checked, check
from engine.editor.texts import Text
from engine.expressions.functions.function import Function
from engine.loading.catalog import Catalog, CatalogError, discover
from engine.loading.diagnostic import Diagnostic
from engine.loading.files.document import Document
from engine.loading.loader import Parts
from engine.loading.project import Project
from engine.loading.sections import is_flow_file
from engine.manual.pages import all_functions
from engine.testing.files.choosing import is_test_file


class Site:
    """An application. folder: where it is; paths: its flow files and folders, as `engine check` would be told.

    read: returns the text of a file, as the editor or the disk has it; None if there is none.
    """

    def __init__(self, project: Project, paths: Collection[Path], read: Callable[[Path], Text | None]) -> None:
        self.project = project
        self.paths = tuple(paths)
        self.folder = project.folder if project.folder and self.is_of_project else _folder_of(self.paths)
        self.texts: Mapping[Path, Text] = {}
        self.checked = Checked()
        self._read = read
        self._documents: dict[Path, tuple[str, Document]] = {}
        self._parsed: dict[Path, Document] = {}
        self.refresh()

    @property
    def is_of_project(self) -> bool:
        """Whether it consists of the flows that the project file names."""
        return bool(self.paths) and set(self.paths) == set(self.project.paths)

    @property
    def name(self) -> str:
        return self.project.name if self.is_of_project else ""

    @property
    def parts(self) -> Parts | None:
        """The application, as last loaded without mistakes; None if it never was."""
        return self.checked.parts

    @cached_property
    def catalog(self) -> Catalog:
        """The elements that its flows can use; the installed ones, if the packages of the project are broken."""
        try:
            self.project.find_packages()
            return discover(self.project.processors)
        except CatalogError:
            return discover()

    @cached_property
    def functions(self) -> Mapping[str, Function]:
        return all_functions()

    def refresh(self) -> None:
        """Read again which files there are, and their texts."""
        found = {path: text for path in self._files() if (text := self._read(path)) is not None}
        self.texts = found

    def update(self, path: Path) -> None:
        """Take the text of a file as it is now."""
        text = self._read(path)
        if text is None:
            self.texts = {each: known for each, known in self.texts.items() if each != path}
        elif path in self.texts:
            self.texts = {**self.texts, path: text}
        else:
            self.texts = dict(sorted({**self.texts, path: text}.items()))

    def _files(self) -> Iterator[Path]:
        for path in self.paths:
            if path.is_dir():
                yield from sorted(each for each in path.iterdir() if is_flow_file(each) or is_test_file(each))
            elif path.is_file():
                yield path

    def document(self, path: Path) -> Document:
        """Return the loader's document of a file, with its mistakes. Raise KeyError for a file of another site."""
        text = self.texts[path]
        known = self._documents.get(path)
        if known is None or known[0] != text.source:
            document = Document(str(path), _as_read(text.source), f"{path.parent.name}/{path.name}")
            self._documents[path] = known = text.source, document
            if document.data is not None:
                self._parsed[path] = document
        return known[1]

    def parsed(self, path: Path) -> Document:
        """Return the newest document of a file that could be read; one with mistakes, if none ever could."""
        document = self.document(path)
        return document if document.data is not None else self._parsed.get(path, document)

    def diagnostics(self) -> dict[Path, list[Diagnostic]]:
        """Return the mistakes and warnings of each file, as `engine check` finds them, and `engine test`."""
        self.checked = check(self)
        return self.checked.by_file


def _as_read(source: str) -> str:
    """Return a text as the loader has it."""
    return source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _folder_of(paths: Collection[Path]) -> Path:
    first = next(iter(paths), Path.cwd())
    return first if os.path.isdir(first) else first.parent
