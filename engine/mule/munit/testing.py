"""The tests of an application: each file of MUnit's becomes a test file, which can be loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from engine.mule.application import TESTS, Application
from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.properties import Settings
from engine.mule.munit.groups import groups_of
from engine.mule.munit.known import Known
from engine.mule.munit.resources import add_resources, read_here
from engine.mule.munit.suites import TEST, Suite, SuiteFile, parameterizations
from engine.mule.reports.report import Advice
from engine.mule.trial import Trial
from engine.mule.xml.nodes import Comment, Node, globals_of
from engine.mule.xml.reader import XmlMistake, read

SUFFIX = ".test.yaml"
UNREADABLE = Advice("the file cannot be read", "repair it", "L")


class Source(NamedTuple):
    """A file of MUnit's."""

    stem: str
    nodes: list[Node | Comment]

    @property
    def has_tests(self) -> bool:
        return any(isinstance(each, Node) and each.name == TEST for each in self.nodes)


def add_tests(trial: Trial) -> None:
    """Add the test files of an application, and what they read. Its flows must be loadable."""
    run = trial.imported.run
    if run is not None and run.application.tests:
        _Tests(*run).add_to(trial)


class _Tests:
    """The tests of an application."""

    def __init__(self, application: Application, conversion: Conversion, settings: Settings) -> None:
        self.application, self.conversion, self.settings = application, conversion, settings

    def add_to(self, trial: Trial) -> None:
        imported = trial.imported
        sources = list(self._sources())
        if not sources:
            return
        of_flows = imported.report.scripts["all"]
        add_resources(self.application, imported)
        shared = [node for source in sources if not source.has_tests for node in source.nodes]
        known = Known(imported, self.conversion, self.settings)
        with_tests = (each._replace(nodes=[*shared, *each.nodes]) for each in sources if each.has_tests)
        files = [file for each in with_tests for file in self._files(each, known)]
        trial.write()
        for group in groups_of(files):
            group.make_loadable(trial.folder, self.conversion.report)
        imported.files |= {file.name: file.text().encode() for file in files}
        imported.report.scripts["all"] = of_flows
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

    def _files(self, source: Source, known: Known) -> Iterator[SuiteFile]:
        """Yield the test file of a source: one for each parameterization, if it has those."""
        for name, values in parameterizations(source.nodes).items() or [("", {})]:
            file = f"{source.stem}-{name}{SUFFIX}" if name else f"{source.stem}{SUFFIX}"
            yield Suite(self.conversion, self.settings, known, source.nodes).made(file, values)
