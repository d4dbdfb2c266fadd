"""The tests of an application: each file of MUnit's becomes a test file, which can be loaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from engine.loading.catalog import discover
from engine.loading.diagnostic import Diagnostic, LoadError
from engine.mule.application import TESTS, Application
from engine.mule.checking import write_files
from engine.mule.conversion.conversion import Conversion, told
from engine.mule.conversion.properties import Settings
from engine.mule.importing import Imported
from engine.mule.munit.cases import skipped
from engine.mule.munit.resources import add_resources, read_here
from engine.mule.munit.selecting import Steps
from engine.mule.munit.suites import TEST, Suite, SuiteFile, parameterizations
from engine.mule.reports.report import Advice
from engine.mule.xml.nodes import Comment, Node, globals_of
from engine.mule.xml.reader import XmlMistake, read
from engine.testing.files.suite import TestFile
from engine.testing.session import Session

SUFFIX = ".test.yaml"
MOST_ROUNDS = 4
UNREADABLE = Advice("the file cannot be read", "repair it", "L")


class Source(NamedTuple):
    """A file of MUnit's."""

    stem: str
    nodes: list[Node | Comment]

    @property
    def has_tests(self) -> bool:
        return any(isinstance(each, Node) and each.name == TEST for each in self.nodes)


def add_tests(imported: Imported) -> None:
    """Write the test files of an application, and what they read. Its flows must be loadable."""
    if imported.run is not None and imported.run.application.tests:
        _Tests(*imported.run).add_to(imported)


class _Tests:
    """The tests of an application."""

    def __init__(self, application: Application, conversion: Conversion, settings: Settings) -> None:
        self.application, self.conversion, self.settings = application, conversion, settings

    def add_to(self, imported: Imported) -> None:
        sources = list(self._sources())
        if not sources:
            return
        add_resources(self.application, imported)
        shared = [node for source in sources if not source.has_tests for node in source.nodes]
        steps = Steps(imported)
        with_tests = (each._replace(nodes=[*shared, *each.nodes]) for each in sources if each.has_tests)
        files = [file for each in with_tests for file in self._files(each, steps)]
        for file in files:
            imported.files[file.name] = file.text().encode()
        self._make_loadable(imported, files)
        imported.report.tests["all"] = sum(len(file.cases) for file in files)
        imported.report.tests["converted"] = sum(len(file.converted) for file in files)

    def _sources(self) -> Iterator[Source]:
        for name, data in self.application.tests.items():
            try:
                root = read(data, f"{TESTS.as_posix()}/{name}")
            except XmlMistake as mistake:
                node = Node("file", mistake.file, mistake.line)
                self.conversion.report.add_gap(node, mistake.file, UNREADABLE)
                continue
            read_here(root)
            yield Source(name.removesuffix(".xml").replace("/", "-"), globals_of(root))

    def _files(self, source: Source, steps: Steps) -> Iterator[SuiteFile]:
        """Yield the test file of a source: one for each parameterization, if it has those."""
        for name, values in parameterizations(source.nodes).items() or [("", {})]:
            file = f"{source.stem}-{name}{SUFFIX}" if name else f"{source.stem}{SUFFIX}"
            yield Suite(self.conversion, self.settings, steps, source.nodes).made(file, values)

    def _make_loadable(self, imported: Imported, files: list[SuiteFile]) -> None:
        with TemporaryDirectory() as name:
            folder = Path(name).resolve() / "flows"
            write_files(imported, folder)
            for file in files:
                for _ in range(MOST_ROUNDS):
                    mistakes = _mistakes_in(folder / file.name)
                    if not mistakes or not self._skip(file, mistakes):
                        break
                    imported.files[file.name] = file.text().encode()
                    (folder / file.name).write_bytes(imported.files[file.name])

    def _skip(self, file: SuiteFile, mistakes: list[Diagnostic]) -> bool:
        """Skip the cases in which mistakes are; if some are in none, skip all. Return whether something changed."""
        found = {name: each for each in mistakes if (name := _case_at(file, each)) in file.converted}
        changes = found or dict.fromkeys(file.converted, mistakes[0])
        for name, mistake in changes.items():
            self._replace(file, name, mistake)
        if not found:
            file.sections = {"expression-language": file.sections.get("expression-language", "dataweave")}
        return bool(changes)

    def _replace(self, file: SuiteFile, name: str, mistake: Diagnostic) -> None:
        part = file.cases[name]
        assert part.origin is not None
        advice = Advice(mistake.mistake.found, mistake.mistake.expected or "another way to say it", "S")
        gap = self.conversion.report.add_gap(part.origin, f"munit:test '{name}'", advice)
        made = skipped(part.origin, [gap.why], [*part.comments, told(gap, part.origin.source)])
        file.cases[name] = made
        file.converted.discard(name)


def _mistakes_in(path: Path) -> list[Diagnostic]:
    try:
        Session(TestFile.read(path), discover()).check()
    except LoadError as error:
        return list(error.diagnostics)
    return []


def _case_at(file: SuiteFile, mistake: Diagnostic) -> str:
    """Return the case in which a mistake is; empty if it is in none."""
    if Path(mistake.place.file).name != file.name:
        return ""
    line = mistake.place.line
    return next((name for name, part in file.cases.items() if part.lines[0] <= line <= part.lines[1]), "")
