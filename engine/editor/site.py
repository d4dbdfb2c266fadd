"""One application in the editor: its project, its files with the editor's texts of them, and what is known of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from engine.editor.checking import Checked, Checker
from engine.editor.files import Files
from engine.editor.packages import Packages
from engine.editor.texts import Text
from engine.expressions.functions.function import Function
from engine.loading.catalog import Catalog
from engine.loading.diagnostic import Diagnostic
from engine.loading.files.document import Document
from engine.loading.loader import Parts
from engine.loading.project import Project
from engine.loading.sections import is_flow_file
from engine.manual.pages import all_functions
from engine.testing.files.choosing import is_test_file
from engine.testing.files.suite import TestFile

MOST_TESTS_ELSEWHERE = 1000


class Site:
    """An application. paths: its flow files and folders, as `engine check` would be told; folder: where it is."""

    def __init__(self, project: Project, paths: Iterable[Path], files: Files) -> None:
        self.project = project
        self.paths = tuple(paths)
        self.is_of_project = bool(self.paths) and set(self.paths) == set(project.paths)
        own = _folder_of(self.paths)
        self.folder = project.folder if project.folder and self.is_of_project else own
        self.checked = Checked()
        self.failures: dict[Path, tuple[str, list[Diagnostic]]] = {}
        """The cases that failed when a test file was run last, with the text that it had then."""
        self.files = files
        self.packages = Packages(project)
        self.checker = Checker(self)
        self._known: dict[Path, None] = {}
        self._parsed: dict[Path, Document] = {}
        self._elsewhere: list[Path] | None = None
        self.refresh()

    @property
    def name(self) -> str:
        """The name of the application, if its flow files give it none."""
        return self.project.name if self.is_of_project else ""

    @property
    def parts(self) -> Parts | None:
        """The application, as last loaded without mistakes; None if it never was."""
        return self.checked.parts

    @property
    def catalog(self) -> Catalog:
        """The elements that its flows can use; the installed ones, if the packages of the project are broken."""
        return self.packages.catalog

    @cached_property
    def functions(self) -> Mapping[str, Function]:
        """The functions of expressions."""
        return all_functions()

    # Files

    @property
    def texts(self) -> Mapping[Path, Text]:
        """The texts of its flow files and test files, as they are now."""
        found = ((path, self.files.text(path)) for path in self.all_files())
        return {path: text for path, text in found if text is not None}

    def all_files(self) -> Iterable[Path]:
        """Return its flow files and test files, those that are only in the editor by now included."""
        return dict.fromkeys([*self._known, *filter(self.has, list(self.files.opened))])

    def has(self, path: Path) -> bool:
        """Return whether a file is one of its flow files or test files."""
        if path in self._known:
            return True
        is_beside = path.parent in self.folders and (is_flow_file(path) or is_test_file(path))
        return path in self.paths or (is_beside and path.parent in self.paths)

    @cached_property
    def folders(self) -> tuple[Path, ...]:
        """The folders of its flow files."""
        return tuple(dict.fromkeys(path if os.path.isdir(path) else path.parent for path in self.paths))

    def refresh(self, *, is_whole: bool = False) -> None:
        """Look again which files there are. is_whole: for test files in other folders, too."""
        if is_whole:
            self._elsewhere = None
            vars(self).pop("folders", None)
        self._known = dict.fromkeys(self._found())

    def _found(self) -> Iterator[Path]:
        for path in self.paths:
            if os.path.isdir(path):
                yield from _in(path, is_flow_file)
            elif os.path.isfile(path):
                yield path
        for folder in self.folders:
            yield from _in(folder, is_test_file)
        yield from self._tests_elsewhere()

    def _tests_elsewhere(self) -> Iterable[Path]:
        """Return the test files in other folders of the project that test flows of this site."""
        if self._elsewhere is None:
            found = below(self.folder, is_test_file, MOST_TESTS_ELSEWHERE) if self.is_of_project else ()
            self._elsewhere = [path for path in found if path.parent not in self.folders and self._is_tested_by(path)]
        return self._elsewhere

    def _is_tested_by(self, path: Path) -> bool:
        return any(Path(os.path.abspath(file)) in self._flow_files() for file in TestFile(self.document(path)).paths())

    def _flow_files(self) -> set[Path]:
        folders = (path for path in self.paths if os.path.isdir(path))
        return {*self.paths, *(file for folder in folders for file in _in(folder, is_flow_file))}

    def document(self, path: Path) -> Document:
        """Return the loader's document of a file, with its mistakes; the same one, as long as its text is."""
        document = self.files.document(path)
        if document.data is not None:
            self._parsed[path] = document
        return document

    def parsed(self, path: Path) -> Document:
        """Return the newest document of a file that could be read; one with mistakes, if none ever could."""
        document = self.document(path)
        return document if document.data is not None else self._parsed.get(path, document)

    # What is known

    def failures_of(self, path: Path) -> list[Diagnostic]:
        """Return the cases of a test file that failed, if it has not been changed since they ran."""
        source, failures = self.failures.get(path, ("", []))
        text = self.files.text(path) if failures else None
        return failures if text is not None and text.source == source else []

    def diagnostics(self, is_stale: Callable[[], bool] = lambda: False) -> dict[Path, list[Diagnostic]]:
        """Return the mistakes and warnings of each file, as `engine check` finds them, and `engine test`.

        is_stale: tells that nobody needs the result any more; raises Superseded then.
        """
        for _ in self.check(is_stale):
            pass
        return self.checked.by_file

    def check(self, is_stale: Callable[[], bool] = lambda: False) -> Iterator[Checked]:
        """Yield what is found, first of the flows, then with each test file more. Raise Superseded as `diagnostics`."""
        self.refresh()
        for checked in self.checker.check(is_stale):
            known = {
                path: found for path, found in self.checked.by_file.items() if is_test_file(path) and self.has(path)
            }
            self.checked = replace(checked, by_file={**known, **checked.by_file})
            yield checked


def below(folder: Path, takes: Callable[[Path], bool], most: int) -> Iterator[Path]:
    """Yield files in a folder and those in it, in no hidden one, and none that links lead to; so many at most."""
    count = 0
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in NOBODYS)
        for name in sorted(names):
            if takes(Path(name)):
                count += 1
                if count > most:
                    return
                yield Path(at, name)


NOBODYS = frozenset({"node_modules", "__pycache__", "venv", "dist", "build", "site-packages"})
"""Folders in which nobody writes flows."""


def _in(folder: Path, takes: Callable[[Path], bool]) -> list[Path]:
    try:
        return [folder / name for name in sorted(os.listdir(folder)) if takes(Path(name))]
    except OSError:
        return []


def _folder_of(paths: tuple[Path, ...]) -> Path:
    first = next(iter(paths), Path.cwd())
    is_file = os.path.isfile(first) or (is_flow_file(first) and not os.path.isdir(first))
    return first.parent if is_file else first  # a folder that is not there yet is one, too
