"""Test files at work in one process or in several, file by file."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from engine.edition import StartError
from engine.loading.catalog import Catalog, discover
from engine.loading.diagnostic import LoadError
from engine.testing.covered.points import Point
from engine.testing.covered.tracking import Tracker
from engine.testing.files.choosing import Wish
from engine.testing.files.suite import TestFile, Written
from engine.testing.session import Result, Session
from engine.values.errors import FlowError


@dataclass(frozen=True)
class Order:
    """The files to run, and how.

    given: properties that win over those of the suites; processors: packages of elements.
    wish: a word expression, as Wish takes it; tags: of which a case has one; stops: at the first failure.
    covers: whether the passed points of the flows are counted.
    databases: URLs of servers on which the flows may have databases of their own. usual: properties
    over which those of the suites win. env: the environment of the flows' properties.
    """

    given: Mapping[str, str] = field(default_factory=dict)
    processors: tuple[str, ...] = ()
    wish: str = ""
    tags: frozenset[str] = frozenset()
    stops: bool = False
    covers: bool = False
    databases: tuple[str, ...] = ()
    usual: Mapping[str, str] = field(default_factory=dict)
    env: str | None = None

    def session(self, file: TestFile) -> Session:
        """Return the session of a test file."""
        elements = catalog(self.processors)
        return Session(file, elements, self.given, databases=self.databases, usual=self.usual, env=self.env)

    def takes(self, session: Session, case: Written) -> bool:
        tags = session.cases[case.name].tags
        is_tagged = not self.tags or not self.tags.isdisjoint(tags)
        return is_tagged and Wish(self.wish).takes(" ".join([session.file.name, case.name, *tags]))


@dataclass(frozen=True)
class FileResult:
    """The result of a test file: its cases, or why none could run.

    deselected: how many cases were not asked for. hits: how often they passed each point of the flows.
    """

    file: str
    results: tuple[Result, ...] = ()
    broken: str = ""
    mistakes: int = 0
    deselected: int = 0
    hits: Mapping[Point, int] = field(default_factory=dict)

    @property
    def has_failed(self) -> bool:
        return bool(self.broken) or any(result.status == "failed" for result in self.results)


@cache
def catalog(processors: tuple[str, ...]) -> Catalog:
    return discover(processors)


def run_file(path: Path, order: Order) -> FileResult:
    """Run the cases of a file that are asked for."""
    return run_test_file(TestFile.read(path), order)


def run_test_file(file: TestFile, order: Order) -> FileResult:
    """Run the cases of a file that was read."""
    path = file.path
    session = order.session(file)
    try:
        session.check()
    except LoadError as error:
        return FileResult(str(path), broken=str(error), mistakes=len(error.diagnostics))
    wanted = [case for case in file.cases if order.takes(session, case)]
    tracker = Tracker(session.loaded) if order.covers else None
    if tracker is not None:
        session.layers = tracker.layers
    results: list[Result] = []
    broken = asyncio.run(_run(session, wanted, order.stops, results))
    hits = tracker.hits() if tracker else {}
    return FileResult(str(path), tuple(results), broken, deselected=len(file.cases) - len(wanted), hits=hits)


async def _run(session: Session, cases: Sequence[Written], stops: bool, results: list[Result]) -> str:
    """Run the cases; return the failures before the first and after the last one."""
    failures: list[str] = []
    try:
        with _told(session, failures):
            await session.open()
            for case in cases:
                results.append(await session.run(case))
                if stops and results[-1].status == "failed":
                    break
    finally:
        with _told(session, failures):
            await session.close()
    return "\n".join(failures)


@contextmanager
def _told(session: Session, failures: list[str]) -> Iterator[None]:
    """Within it, an error is a failure of the test file."""
    try:
        yield
    except (FlowError, StartError) as error:
        failures.append(session.told(error))


def run_files(paths: Sequence[Path], order: Order, workers: int = 1) -> Iterator[FileResult]:
    """Run files, each as a whole in one process; the results come as the files end."""
    if workers <= 1 or len(paths) <= 1:
        for path in paths:
            result = run_file(path, order)
            yield result
            if order.stops and result.has_failed:
                return
        return
    yield from _run_in_processes(paths, order, min(workers, len(paths)))


def _run_in_processes(paths: Sequence[Path], order: Order, workers: int) -> Iterator[FileResult]:
    context = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else None)
    largest_first = sorted(paths, key=lambda path: -path.stat().st_size if path.exists() else 0)
    with ProcessPoolExecutor(workers, context) as pool:
        running = [pool.submit(run_file, path, order) for path in largest_first]
        for done in as_completed(running):
            result = done.result()
            yield result
            if order.stops and result.has_failed:
                pool.shutdown(cancel_futures=True)
                return
