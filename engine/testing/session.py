"""A test file at work: its cases one after another, each on a new application, or all on one."""

from __future__ import annotations

import traceback
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Literal

from engine.application import Application, StartError
from engine.core.errors import FlowError
from engine.core.event import Event
from engine.core.flow import Flow
from engine.loading.catalog import Catalog
from engine.testing import report
from engine.testing.case import Case, Suite
from engine.testing.running import Running
from engine.testing.stage import Layer
from engine.testing.suite import Loaded, SuiteLoader, TestFile, Written, documents_of

Status = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True)
class Result:
    """What became of a case. text: why it failed, or was skipped; seconds: how long it took."""

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

    layers: makes what stands around the steps in each case, beside its own mocks: coverage, faults.
    `check` before anything else; `open` before the first case, `close` after the last one.
    """

    def __init__(
        self,
        file: TestFile,
        catalog: Catalog,
        given: Mapping[str, str] | None = None,
        layers: Callable[[Case], tuple[Layer, ...]] = lambda case: (),
    ) -> None:
        self.file = file
        self.suite = Suite()
        self.cases: Mapping[str, Case] = {}
        self._catalog = catalog
        self._given = given or {}
        self._layers = layers
        self._documents = documents_of(file)
        self._whole: Loaded | None = None
        self._shared: Application | None = None
        self._variables: Mapping[str, Any] = {}
        self._folder: TemporaryDirectory[str] | None = None

    def check(self) -> None:
        """Load the flows with all cases. Raises LoadError with every mistake."""
        self._whole = self._load(self.file.cases)
        self.suite, self.cases = self._whole.suite, self._whole.cases

    def _load(self, cases: list[Written]) -> Loaded:
        return SuiteLoader(self.file, cases, self._documents, self._catalog, self._given).loaded()

    def why_skipped(self, name: str) -> str | None:
        """Why a case does not run; None where it does."""
        case = self.cases[name]
        if case.skip is not None:
            return case.skip
        is_limited = any(other.only for other in self.cases.values())
        return "other cases of the file are marked with only" if is_limited and not case.only else None

    async def open(self) -> None:
        """Run what comes before all cases. Raises FlowError or StartError where that fails."""
        if self.suite.shares_application and self._whole is not None:
            self._folder = TemporaryDirectory()
            self._whole.parts.runtime.data_dir = Path(self._folder.name)
            self._shared = Application(self._whole.parts)
            await self._shared.start()
            self._variables = await _after(self.suite.before_all, {})

    async def close(self) -> None:
        """Run what comes after all cases. Raises FlowError where that fails."""
        if self._shared is None or self._folder is None:
            return
        try:
            await _after(self.suite.after_all, self._variables)
        finally:
            await self._shared.stop()
            self._folder.cleanup()

    async def run(self, written: Written) -> Result:
        """Run one case."""
        reason = self.why_skipped(written.name)
        if reason is not None:
            return self._result(written, "skipped", text=reason)
        began = perf_counter()
        try:
            text = await self._run(written)
        except (FlowError, StartError) as error:
            text = f"  {error}"
        except Exception:  # ours, or of a processor outside of any flow: the other cases shall run
            text = traceback.format_exc()
        return self._result(written, "failed" if text else "passed", perf_counter() - began, text)

    def _result(self, written: Written, status: Status, seconds: float = 0.0, text: str = "") -> Result:
        return Result(self.file.name, self.file.document.file, written.place.line, written.name, status, seconds, text)

    async def _run(self, written: Written) -> str:
        """Why the case failed; empty where it did not."""
        async with self._application(written) as (app, loaded):
            case = loaded.cases[written.name]
            running = Running(app, loaded, case, self._layers(case))
            variables = await _after(loaded.suite.before_each, self._variables)
            try:
                mismatches = await running.mismatches(variables)
            finally:
                loaded.stage.set(())
                await _after(loaded.suite.after_each, variables)
        return report.failure(self.file.document, mismatches, running.journal) if mismatches else ""

    @asynccontextmanager
    async def _application(self, written: Written) -> AsyncIterator[tuple[Application, Loaded]]:
        """The application of a case: the one that all share, or a new one."""
        if self._shared is not None and self._whole is not None:
            yield self._shared, self._whole
            await self._shared.stop_sources()
            return
        loaded = self._load([written])
        with TemporaryDirectory() as folder:
            loaded.parts.runtime.data_dir = Path(folder)
            async with Application(loaded.parts) as app:
                yield app, loaded


async def _after(steps: Flow | None, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """The variables after some steps."""
    return variables if steps is None else (await steps.run(Event(vars=dict(variables)))).vars
