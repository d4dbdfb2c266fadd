"""The diagnostics of a site: those of `engine check`, and those of loading its test files.

What was built is remembered, so that a change in one file costs what that file costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from engine.editor.files import Files
from engine.editor.packages import Packages
from engine.loading.catalog import Catalog, CatalogError
from engine.loading.diagnostic import Diagnostic, LoadError
from engine.loading.files.data import as_data
from engine.loading.files.document import Document
from engine.loading.files.place import Place
from engine.loading.loader import Loader, Parts
from engine.loading.measuring import measure
from engine.loading.memory import Memory, Superseded
from engine.loading.project import FILE, Project, ProjectError
from engine.loading.sections import SECTIONS, read_documents
from engine.parameters.mistake import Mistake
from engine.testing.files.choosing import is_test_file
from engine.testing.files.suite import SuiteLoader, TestFile
from engine.work.isolation import Isolation

MOST_MEMORIES = 8
"""How many test files are remembered as flow files are."""
OF_FLOWS = ("flows", "sub-flows", "error-handlers")


class Site(Protocol):
    """What a checker asks an application for."""

    project: Project
    paths: tuple[Path, ...]
    folder: Path
    is_of_project: bool
    files: Files
    packages: Packages

    @property
    def name(self) -> str: ...

    @property
    def catalog(self) -> Catalog: ...

    @property
    def parts(self) -> Parts | None: ...

    def all_files(self) -> Iterable[Path]: ...

    def has(self, path: Path) -> bool: ...


@dataclass(frozen=True)
class Checked:
    """What checking a site has found. parts: as last loaded without mistakes."""

    by_file: dict[Path, list[Diagnostic]] = field(default_factory=dict)
    """The diagnostics of each file that is checked by now."""
    parts: Parts | None = None
    is_complete: bool = False
    """Whether all test files are checked, too."""


class Checker:
    """Checks a site again and again."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._is_stale: Callable[[], bool] = lambda: False
        self._memory = self._new_memory()
        self._tests: dict[Path, _Test] = {}

    def _new_memory(self) -> Memory:
        return Memory(self._site.files.document, lambda: self._is_stale())

    def forget(self) -> None:
        """Have everything built anew."""
        self._memory.forget()
        self._tests.clear()

    def forget_outside(self) -> None:
        """Have what files and providers keep read again."""
        self._memory.forget_outside()
        for test in self._tests.values():
            test.memory.forget_outside()

    def check(self, is_stale: Callable[[], bool]) -> Iterator[Checked]:
        """Yield what is found, first of the flows, then with each test file more. Raise Superseded."""
        self._is_stale, site = is_stale, self._site
        if site.packages.refresh():
            self.forget()
        parts, found = site.parts, [*self._of_project()]
        tests = [path for path in site.all_files() if is_test_file(path)]
        if self._is_application():
            try:
                parts = self._load()
                found += parts.warnings
            except LoadError as error:
                found += error.diagnostics
            except CatalogError as error:
                found.append(self._about_project(str(error)))
        yield Checked(_by_file(site, found, tests), parts, is_complete=not tests)
        for number, path in enumerate(tests, 1):
            found += _others(self._of_test(path), found)
            yield Checked(_by_file(site, found, tests[number:]), parts, is_complete=number == len(tests))

    def _is_application(self) -> bool:
        """Return whether the files are flows: nobody is told that another YAML file is not one."""
        return self._site.is_of_project or any(
            has_flows(self._site.files.document(path)) for path in self._site.all_files() if not is_test_file(path)
        )

    # The project

    def _of_project(self) -> Iterator[Diagnostic]:
        site = self._site
        try:
            Project.of([site.folder])
        except ProjectError as error:
            yield self._about_project(str(error))
        if site.packages.problem:
            yield self._about_project(site.packages.problem)

    def _about_project(self, problem: str) -> Diagnostic:
        """Return a problem that the project file has, or what it names."""
        folders = (self._site.folder, *self._site.folder.parents)
        file = next((folder / FILE for folder in folders if (folder / FILE).is_file()), self._site.folder / FILE)
        text = self._site.files.text(file)
        lines = text.source.split("\n") if text else []
        line = next((number for number, each in enumerate(lines, 1) if each.startswith("processors")), 1)
        found, _, rest = problem.partition("\n  expected: ")
        expected, _, write = rest.partition("\n  write: ")
        return Diagnostic(Mistake("", found.rpartition(f"{FILE}: ")[2], expected, write), Place(str(file), line, 1))

    # Flows

    def _load(self) -> Parts:
        site = self._site
        documents = read_documents(self._paths(), site.files.read)
        parts = Loader(
            documents, site.catalog, site.project.properties, name=site.name, is_check=True, memory=self._memory
        ).load()
        site.packages.note_functions(parts.folders)
        if site.packages.measure:
            measure(parts)
        return parts

    def _paths(self) -> list[Path]:
        """Return the paths of the site, and those of files that are only in the editor by now."""
        site = self._site
        new = [path for path in site.files.opened if site.has(path) and not path.exists() and not is_test_file(path)]
        folders = [path for path in site.paths if not (new and not path.exists())]
        return [*folders, *new]

    # Tests

    def _of_test(self, path: Path) -> list[Diagnostic]:
        """Return what loading a test file finds, in its flows, too."""
        if self._is_stale():
            raise Superseded
        test = self._tests.pop(path, None)
        document = self._site.files.document(path)
        if test is None or test.document is not document:
            test = _Test(document, test.memory if test else self._new_memory())
        self._tests[path] = test  # at the end: the first is the one that was not asked for longest
        if len(self._tests) > MOST_MEMORIES:
            del self._tests[next(iter(self._tests))]
        try:
            test.load(self._site)
        except LoadError as error:
            return list(error.diagnostics)
        except CatalogError:
            return []  # told at the project file
        return list(test.warnings)


class _Test:
    """A test file as it is written now, with what was built of it and its flows."""

    def __init__(self, document: Document, memory: Memory) -> None:
        self.document = document
        self.memory = memory
        self.warnings: tuple[Diagnostic, ...] = ()
        self._isolated: Any = None

    def load(self, site: Site) -> None:
        file = _EditedTest(self.document, site)
        properties = file.properties({}, site.project.properties)
        isolation = file.isolation(site.project.databases)
        self._forget_isolated(file, isolation)
        loaded = SuiteLoader(file, site.catalog, properties, isolation, memory=self.memory).loaded()
        self.warnings = loaded.parts.warnings

    def _forget_isolated(self, file: TestFile, isolation: Isolation) -> None:
        """Have configs built anew if the test isolates others."""
        isolated = [as_data(file.settings.get(name)) for name in ("real", "environment")]
        if isolated != self._isolated:
            self.memory.forget()
        self._isolated = isolated


class _EditedTest(TestFile):
    """A test file whose flows are those of the editor."""

    def __init__(self, document: Document, site: Site) -> None:
        super().__init__(document)
        self._site = site

    def documents(self) -> list[Document]:
        return read_documents(self.paths(), self._site.files.read)


def has_flows(document: Document) -> bool:
    """Return whether a file has what only flow files have; one that cannot be read, whether a line looks so."""
    if isinstance(document.data, dict):
        return any(section in document.data for section in OF_FLOWS)
    return any(line.startswith(tuple(f"{section}:" for section in SECTIONS)) for line in document.lines)


def _others(found: Iterable[Diagnostic], known: list[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield those that nobody has told of the flows by themselves."""
    told = {(each.place.file, each.place.line, each.place.column, each.code) for each in known}
    for each in found:
        if (each.place.file, each.place.line, each.place.column, each.code) not in told:
            yield each


def _by_file(site: Site, found: Iterable[Diagnostic], unchecked: list[Path]) -> dict[Path, list[Diagnostic]]:
    by_file: dict[Path, list[Diagnostic]] = {path: [] for path in site.all_files() if path not in unchecked}
    for diagnostic in dict.fromkeys(found):
        by_file.setdefault(Path(diagnostic.place.file), []).append(diagnostic)
    return by_file
