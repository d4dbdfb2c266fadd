"""pytest collects *.test.yaml: a file is a module, a case is a test; its tags are markers.

Loaded into each run of pytest if the engine is installed, so it imports nothing of it until a test file is collected,
or a fixture is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from engine.testing.fixtures import _bench as _bench
from engine.testing.fixtures import flow_app as flow_app
from engine.testing.fixtures import mock_processor as mock_processor
from engine.testing.fixtures import post as post
from engine.testing.fixtures import run_flow as run_flow
from engine.testing.fixtures import run_step as run_step

if TYPE_CHECKING:
    from asyncio import Runner

    from engine.testing.files.suite import Written
    from engine.testing.session import Session

SUFFIXES = (".test.yaml", ".test.yml")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("engine", "flow tests (*.test.yaml)")
    group.addoption(
        "--flow-set", action="append", default=[], metavar="NAME=VALUE", help="A property of the flows; wins over all."
    )
    group.addoption("--flow-env", metavar="ENV", help="The environment of the flows' properties (config/ENV.yaml).")
    group.addoption(
        "--flow-processors", action="append", default=[], metavar="PACKAGE", help="A package of elements of your own."
    )
    group.addoption(
        "--flow-database", action="append", default=[], metavar="URL",
        help="A server (PostgreSQL, MySQL, MariaDB) on which tests may make databases of their own.",
    )  # fmt: skip


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    return FlowTests.from_parent(parent, path=file_path) if file_path.name.endswith(SUFFIXES) else None


class FlowTests(pytest.File):
    """A test file."""

    session_of_flows: Session
    runner: Runner

    def collect(self) -> Iterable[pytest.Item]:
        from engine.loading.catalog import discover
        from engine.loading.diagnostic import LoadError
        from engine.loading.project import Project, ProjectError
        from engine.testing.files.suite import TestFile
        from engine.testing.session import Session

        given = dict(each.partition("=")[::2] for each in self.config.getoption("--flow-set"))
        file = TestFile.read(_from_here(self.path))
        try:
            project = Project.of([self.path])
            project.find_packages()
            catalog = discover([*project.processors, *self.config.getoption("--flow-processors")])
            databases = [*self.config.getoption("--flow-database"), *project.databases]
            env = self.config.getoption("--flow-env")
            usual = project.properties
            self.session_of_flows = Session(file, catalog, given, databases=databases, usual=usual, env=env)
            self.session_of_flows.check()
        except (LoadError, ProjectError) as error:
            raise self.CollectError(str(error)) from None
        for written in file.cases:
            yield FlowCase.from_parent(self, name=written.name, written=written)

    def setup(self) -> None:
        from asyncio import Runner

        self.runner = Runner()
        self.runner.run(self.session_of_flows.open())

    def teardown(self) -> None:
        try:
            self.runner.run(self.session_of_flows.close())
        finally:
            self.runner.close()


class FlowCase(pytest.Item):
    """A case of a test file."""

    parent: FlowTests

    def __init__(self, *, written: Written, **options: Any) -> None:
        super().__init__(**options)
        self.written = written
        for tag in self.parent.session_of_flows.cases[written.name].tags:
            self.config.addinivalue_line("markers", f"{tag}: a tag of flow tests")
            self.add_marker(tag)

    def runtest(self) -> None:
        result = self.parent.runner.run(self.parent.session_of_flows.run(self.written))
        if result.status == "skipped":
            pytest.skip(result.text)
        if result.status == "failed":
            raise FlowCaseFailed(result.text)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, FlowCaseFailed):
            return str(excinfo.value).strip()
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.written.place.line - 1, self.name


class FlowCaseFailed(AssertionError):
    """Its text says which expectations do not hold."""


def _from_here(path: Path) -> Path:
    """Return the path as a person would name it, for messages."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
