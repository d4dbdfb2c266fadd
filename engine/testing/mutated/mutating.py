"""How good the cases are: each mistake that is made in a flow file should fail one of them."""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Literal

from engine.loading.diagnostic import LoadError
from engine.loading.files.document import Document
from engine.loading.loader import Loader
from engine.loading.sections import read_file
from engine.testing.files.suite import TestFile
from engine.testing.mutated.mutations import Mutation, mutations_of
from engine.testing.working import Order, catalog, run_test_file

Fate = Literal["caught", "survived", "refused"]
"""Failed by a case; passed by all; not a flow any more, as its loading reports."""


class MutatedFile(TestFile):
    """A test file, one of whose flow files has a mistake."""

    def __init__(self, document: Document, flow_file: Path, mutation: Mutation) -> None:
        super().__init__(document)
        self._flow_file = flow_file.resolve()
        self._mutation = mutation

    def documents(self) -> list[Document]:
        documents = super().documents()
        for document in documents:
            if Path(document.file).resolve() == self._flow_file:
                document.data = self._mutation.made(document.data)
        return documents


@dataclass(frozen=True)
class Mutant:
    """The result for one mistake."""

    file: str
    line: int
    what: str
    fate: Fate


class Mutants:
    """The mistakes of all flow files that are under test by some test files.

    The suite of a file's own name runs first, and the first case that fails ends it.
    """

    def __init__(self, paths: Sequence[Path], order: Order) -> None:
        self._order = order
        self._suites = [TestFile.read(path) for path in paths]

    @cached_property
    def all(self) -> list[tuple[Path, Mutation]]:
        """Yield each mistake with its flow file."""
        elements = catalog(self._order.processors)
        files = {file.resolve(): file for suite in self._suites for file in _flow_files(suite)}
        return [(file, each) for file in files.values() for each in mutations_of(read_file(file).data, elements)]

    def run(self, number: int) -> Mutant:
        """Run the suites on one mistake."""
        file, mutation = self.all[number]
        return Mutant(str(file), mutation.place.line, mutation.what, self._fate(file, mutation))

    def _fate(self, file: Path, mutation: Mutation) -> Fate:
        suites = [suite for suite in self._suites if file.resolve() in {each.resolve() for each in _flow_files(suite)}]
        own = file.name.partition(".")[0]
        for suite in sorted(suites, key=lambda suite: suite.path.name.partition(".")[0] != own):
            mutated = MutatedFile(read_file(suite.path), file, mutation)
            result = run_test_file(mutated, self._order)
            if result.mistakes and not self._loads(mutated):
                return "refused"
            if result.has_failed:
                return "caught"
        return "survived"

    def _loads(self, mutated: MutatedFile) -> bool:
        """Return whether the flows load by themselves: if so, the suite noticed a missing part, such as a step."""
        given = mutated.properties(self._order.given, self._order.usual)
        try:
            elements = catalog(self._order.processors)
            Loader(mutated.documents(), elements, given, isolation=mutated.isolation(), env=self._order.env).load()
        except LoadError:
            return False
        return True


def _flow_files(suite: TestFile) -> list[Path]:
    return [Path(document.file) for document in suite.documents()]


_mutants: list[Mutants] = []
"""Those of this process."""


def _begin(paths: Sequence[Path], order: Order) -> None:
    logging.disable(logging.CRITICAL)
    _mutants[:] = [Mutants(paths, order)]


def _run(number: int) -> Mutant:
    return _mutants[0].run(number)


def run_mutants(paths: Sequence[Path], order: Order, workers: int) -> Iterator[Mutant]:
    """Yield the result for each mistake, in the order of the files."""
    count = len(Mutants(paths, order).all)
    context = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else None)
    with ProcessPoolExecutor(workers, context, _begin, (paths, order)) as pool:
        yield from pool.map(_run, range(count), chunksize=4)


def survivors(mutants: Sequence[Mutant]) -> Iterator[str]:
    """Yield a table of those that no case caught, and for each file how many were."""
    for mutant in mutants:
        if mutant.fate == "survived":
            yield f"SURVIVED {mutant.file}:{mutant.line}  {mutant.what}"
    for file, group in groupby(mutants, key=lambda mutant: mutant.file):
        yield f"{file}: {_score(list(group))}"
    yield _score(mutants)


def _score(mutants: Sequence[Mutant]) -> str:
    loaded = [mutant for mutant in mutants if mutant.fate != "refused"]
    return f"{caught(mutants):.1f} % of {len(loaded)} mutants caught, {len(mutants) - len(loaded)} more refused at load"


def caught(mutants: Sequence[Mutant]) -> float:
    """Return the percentage of caught mutants among those that load."""
    loaded = [mutant.fate for mutant in mutants if mutant.fate != "refused"]
    return 100.0 * loaded.count("caught") / len(loaded) if loaded else 100.0
