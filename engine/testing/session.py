"""A test file at work: its cases one after another, on one application that is reset for each."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Literal

from engine.application import Application
from engine.edition import StartError
from engine.loading.catalog import Catalog
from engine.steps.flow import Flow
from engine.testing import report
from engine.testing.files.case import Case, Suite
from engine.testing.files.suite import Loaded, SuiteLoader, TestFile, Written
from engine.testing.running import Running
from engine.testing.staged.stage import NO_LAYERS, Layers
from engine.values.errors import FlowError
from engine.values.event import Event
from engine.values.secrets import Secrets

Status = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True)
class Result:
    """The result of a case. text: why it failed, or was skipped; seconds: how long it took."""

    suite: str
    file: str
    line: int
    name: str
    status: Status
    seconds: float = 0.0
    text: str = ""

    def __str__(self) -> str:
        return f"{self.suite} › {self.name} ({self.file}:{self.line})"


class Session:
    """A test file whose cases are run.

    layers: makes the layers around the steps in each case, in addition to its own mocks: coverage, faults. given:
    properties that win over those of the file; usual: those over which the file's win. databases: servers on which the
    flows may have databases of their own. env: the environment of their properties. `check` before anything else;
    `open` before the first case, `close` after the last one.
    """

    def __init__(
        self,
        file: TestFile,
        catalog: Catalog,
        given: Mapping[str, str] | None = None,
        layers: Callable[[Case], Layers] = lambda case: NO_LAYERS,
        databases: Iterable[str] = (),
        usual: Mapping[str, str] | None = None,
        env: str | None = None,
    ) -> None:
        self.file = file
        self.suite = Suite()
        self.cases: Mapping[str, Case] = {}
        self._catalog = catalog
        self._properties = file.properties(given or {}, usual or {})
        self._databases = tuple(databases)
        self._env = env
        self.layers = layers
        self.running: Callable[[Application, Loaded, Case, Layers], Running] = Running
        self._variables: Mapping[str, Any] = {}
        self.loaded: Loaded
        self._app: Application
        self._folder: TemporaryDirectory[str]

    def check(self) -> None:
        """Load the flows with all cases. Raise LoadError with every mistake."""
        isolation = self.file.isolation(self._databases)
        self.loaded = SuiteLoader(self.file, self._catalog, self._properties, isolation, self._env).loaded()
        self.suite, self.cases = self.loaded.suite, self.loaded.cases

    def why_skipped(self, name: str) -> str | None:
        """Return why a case does not run; None if it does."""
        case = self.cases[name]
        if case.skip is not None:
            return case.skip
        is_limited = any(other.only for other in self.cases.values())
        return "other cases of the file are marked with only" if is_limited and not case.only else None

    async def open(self) -> None:
        """Run the steps before all cases. Raise FlowError or StartError if they fail."""
        self._folder = TemporaryDirectory()
        self.loaded.parts.runtime.data_dir = Path(self._folder.name)
        self._app = Application(self.loaded.parts)
        if self.suite.before_all is not None:
            await self._app.start()
            self._variables = await _after(self.suite.before_all, {})

    async def close(self) -> None:
        """Run the steps after all cases. Raise FlowError if they fail."""
        try:
            await _after(self.suite.after_all, self._variables)
        finally:
            await self._app.stop()
            self._folder.cleanup()
            if self.loaded.isolation is not None:
                await self.loaded.isolation.end()

    async def run(self, written: Written) -> Result:
        """Run one case."""
        reason = self.why_skipped(written.name)
        if reason is not None:
            return self._result(written, "skipped", text=reason)
        began = perf_counter()
        try:
            text = await self._run(written)
        except (FlowError, StartError) as error:
            text = self.told(error)
        except Exception:  # ours, or of a processor outside any flow: the other cases should run
            text = self._without_secrets(traceback.format_exc())
        return self._result(written, "failed" if text else "passed", perf_counter() - began, text)

    def told(self, error: FlowError | StartError) -> str:
        """Return why something could not run, for people."""
        refused = (f"  {each.expression}\n  {each.note}" for each in self.loaded.crossings())
        return self._without_secrets("\n".join([*refused, f"  {error}"]))

    def _without_secrets(self, text: str) -> str:
        """Return a report without the secrets that come from outside of the test file."""
        return Secrets(self.loaded.parts.secrets - set(self._properties.values())).hide(text)

    def _result(self, written: Written, status: Status, seconds: float = 0.0, text: str = "") -> Result:
        return Result(self.file.name, self.file.document.file, written.place.line, written.name, status, seconds, text)

    async def _run(self, written: Written) -> str:
        """Return why the case failed; empty if it did not."""
        case = self.cases[written.name]
        running = self.running(self._app, self.loaded, case, self.layers(case))
        try:
            await self._app.start()
            variables = await _after(self.suite.before_each, self._variables)
            try:
                mismatches = await running.mismatches(variables)
            finally:
                self.loaded.stage.set(NO_LAYERS)
                afterwards = await self._after_each(variables)
        finally:
            await self._end()
        mismatches = self.loaded.crossings(case.mock) or mismatches
        failure = report.failure(self.file.document, mismatches, running.journal) if mismatches else ""
        return "\n".join(filter(None, [self._without_secrets(failure), afterwards]))

    async def _after_each(self, variables: Mapping[str, Any]) -> str:
        """Run the steps after a case; return why they failed. What the case itself says is told all the same."""
        try:
            await _after(self.suite.after_each, variables)
        except FlowError as error:
            return self.told(error)
        return ""

    async def _end(self) -> None:
        """Reset for the next case: nothing stays in memory or in the data folder, unless the cases share it."""
        if self.suite.shares_application:
            await self._app.end_work()
            return
        await self._app.stop()
        _empty(Path(self._folder.name))


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        rmtree(path) if path.is_dir() else path.unlink()


async def _after(steps: Flow | None, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the variables after some steps."""
    return variables if steps is None else (await steps.run(Event(vars=dict(variables)))).vars
