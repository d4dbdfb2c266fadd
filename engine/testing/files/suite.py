"""Test files: their contents, and the application on which their cases run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from engine.loading.catalog import Catalog
from engine.loading.diagnostic import LoadError, diagnose
from engine.loading.files.data import Map, Sequence, as_data
from engine.loading.files.document import Document
from engine.loading.files.place import Place
from engine.loading.loader import Loader, Parts
from engine.loading.memory import Memory
from engine.loading.properties import as_text, flatten
from engine.loading.sections import SECTIONS, is_flow_file, read_documents, read_file
from engine.parameters.mistake import Mistake, shown
from engine.steps.chain import Chain
from engine.steps.flow import Flow
from engine.testing.expected.outcome import Mismatch
from engine.testing.expected.selecting import Selecting, by_name
from engine.testing.files.case import Case, Suite
from engine.testing.files.rows import copied, filled_text, rows_of
from engine.testing.staged.clock import CaseClock
from engine.testing.staged.isolating import boundary, crossings, inner_parts, isolation_of, unknown_names
from engine.testing.staged.stage import Stage
from engine.values.errors import FlowError
from engine.work.isolation import Isolation

INHERITED = ("sources", "within", "timeout", "now", "seed", "examples")
JOINED = ("mock", "tags")
DATA = ("given", "expect", "spy", "then")
"""Parts of a case that are literal: the placeholders in them are those of rows alone."""
HOOKS = ("before-all", "before-each", "after-each", "after-all")


class Written(NamedTuple):
    """A case from the file, for one of its rows."""

    name: str
    values: Map
    place: Place


class TestFile:
    """A test file: its settings, its cases with their rows, and the mistakes in that."""

    __test__ = False  # for pytest it would look like a class of tests

    def __init__(self, document: Document) -> None:
        self.document = document
        self.path = Path(document.file)
        self.mistakes: list[Mistake] = []
        data = document.data if isinstance(document.data, Map) else Map(document.start())
        self.sections = _part(data, [key for key in data if key in SECTIONS])
        self.settings = _part(data, [key for key in data if key not in SECTIONS and key != "cases"])
        self.cases = list(self._cases(data))
        if not isinstance(document.data, Map) and not document.mistakes:
            self._note(f"{shown(document.data)} as the whole file", "a map with cases", "cases:", document.start())

    @classmethod
    def read(cls, path: Path) -> TestFile:
        return cls(read_file(path))

    @property
    def name(self) -> str:
        name = self.settings.get("suite")
        return str(name) if isinstance(name, str) else self.path.name.partition(".")[0]

    def _note(self, found: str, expected: str, write: str, place: Place | None) -> None:
        self.mistakes.append(Mistake("F704", found, expected, write, place))

    def _cases(self, data: Map) -> Iterator[Written]:
        cases = data.get("cases")
        place = data.places["cases"][1] if "cases" in data else data.place
        if not isinstance(cases, Map) or not cases:
            if not self.document.mistakes and isinstance(self.document.data, Map):
                found = f"{shown(cases)} for 'cases'" if "cases" in data else "a test file without cases"
                self._note(found, "a map of cases by their names", "cases: {what holds: {post: /path, …}}", place)
            return
        for name, values in cases.items():
            key_place, value_place = cases.places[name]
            if isinstance(values, Map):
                yield from self._rows(name, self._with_inherited(values), key_place)
            else:
                self._note(f"{shown(values)} for the case '{name}'", "a map", "{post: /path, …}", value_place)

    def _with_inherited(self, values: Map) -> Map:
        inherited = [key for key in INHERITED if key in self.settings and key not in values]
        values = values.with_entries_of(self.settings, *inherited)
        for key in JOINED:
            ours, suites = values.get(key), self.settings.get(key)
            if suites is not None and ours is None:
                values = values.with_entries_of(self.settings, key)
            elif isinstance(ours, Sequence) and isinstance(suites, Sequence):
                values.put(key, _joined(ours, suites), *values.places[key])
        return values

    def _rows(self, name: str, values: Map, place: Place) -> Iterator[Written]:
        if "each" not in values:
            yield Written(name, values, place)
            return
        rows, mistake = rows_of(values["each"], values.places["each"][1])
        if mistake:
            self.mistakes.append(mistake)
        rest = _part(values, [key for key in values if key != "each"])
        names: set[str] = set()
        for number, row in enumerate(rows, 1):
            filled = filled_text(name, row)
            unique = f"{filled} [{number}]" if filled in names or filled == name else filled
            names.add(filled)
            own = Map(rest.place)
            for key, value in rest.items():
                own.put(key, copied(value, row, is_data=key in DATA), *rest.places[key])
            yield Written(unique, own, place)

    def paths(self) -> list[Path]:
        """Return the flow files and folders under test."""
        folder, files = self.path.parent, self.settings.get("files")
        if isinstance(files, list):
            return [folder / str(file) for file in files]
        return sorted(file for file in folder.iterdir() if is_flow_file(file)) if folder.is_dir() else []

    def documents(self) -> list[Document]:
        """Return their documents, read again."""
        return read_documents(self.paths())

    def isolation(self, databases: Iterable[str] = ()) -> Isolation:
        """Return the isolation of the flows. databases: servers on which they may have databases of their own."""
        real, environment = (as_data(self.settings.get(name)) for name in ("real", "environment"))
        is_listed = isinstance(environment, list)
        seen = map(str, environment) if is_listed else environment is True
        return isolation_of(map(str, real) if isinstance(real, list) else (), seen, databases)

    def properties(self, given: Mapping[str, str], usual: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return those of the suite, over which those given win; the usual ones are used if neither has them."""
        own = {name: as_text(value) for name, value in flatten(self.settings.get("set")).items()}
        return {**(usual or {}), **own, **given}


def _part(data: Map, keys: Iterable[str]) -> Map:
    return Map(data.place).with_entries_of(data, *keys)


def _joined(first: Sequence, second: Sequence) -> Sequence:
    both = Sequence(first.place)
    both.extend([*first, *second])
    both.places = [*first.places, *second.places]
    return both


@dataclass(frozen=True)
class Loaded:
    """An application with its stage, and the cases that run on it."""

    parts: Parts
    stage: Stage
    clock: CaseClock
    suite: Suite
    cases: Mapping[str, Case]
    files: Mapping[str, str]
    """The flow files under test, by the names that locations have."""

    isolation: Isolation | None

    def forgive(self, expected: FlowError | None) -> None:
        """Forget the call that would have left the test and caused this error, which a case expects."""
        if self.isolation is not None and expected in self.isolation.crossings:
            self.isolation.crossings.remove(expected)

    def crossings(self, mocks: Iterable[Selecting] = ()) -> list[Mismatch]:
        """Return the calls that would have left the test, which no mock answered; forget them."""
        return crossings(self.isolation, self.stage.steps, mocks)


class SuiteLoader(Loader):
    """Loads the flows under test, and cases of a test file with them, as one application."""

    def __init__(
        self,
        file: TestFile,
        catalog: Catalog,
        properties: Mapping[str, str],
        isolation: Isolation | None,
        env: str | None = None,
        memory: Memory | None = None,
    ) -> None:
        """isolation: keeps the flows from the world; None if they act on it. env, memory: as for `Loader`."""
        self.clock = CaseClock()
        self.file = file
        own = copy(file.document)
        own.data = copied(file.sections) if file.sections else None
        documents = [*file.documents(), own]
        super().__init__(documents, catalog, properties, self.clock, isolation, env=env, memory=memory)
        self.stage = Stage(self.builder.steps)
        self.written = [Written(name, copied(values), place) for name, values, place in file.cases]
        self.settings = copied(file.settings)
        for values in (self.settings, *(act for case in self.written for act in _acts(case.values))):
            values.update({key: self.filler.fill(value) for key, value in values.items() if key not in DATA})
        self.suite = Suite()
        self.cases: dict[str, Case] = {}

    def loaded(self) -> Loaded:
        """Load everything. Raise LoadError, with the mistakes of the flows and of the test file."""
        files = {document.start().short or document.file: document.file for document in self.documents[:-1]}
        parts, isolation = self.load(), self.builder.runtime.isolation
        starts = [*parts.runnables.values(), self.suite, *self.cases.values()]
        if isolation is None:
            self.stage.open(starts)
        else:
            is_offline = self.suite.offline
            parts = inner_parts(parts, self.stage.steps, isolation, is_offline=is_offline)
            self.stage.open(starts, boundary(isolation, is_offline=is_offline))
        return Loaded(parts, self.stage, self.clock, self.suite, self.cases, files, isolation)

    def _is_empty(self) -> bool:
        return False

    def _build_others(self) -> None:
        self.builder.mistakes += self.file.mistakes
        self.builder.enter(self.file.name, self.file.document.start())
        for hook in HOOKS:
            self._steps(self.settings, hook, self.file.name)
        self.suite = self.builder.parameters(Suite, self.settings, "the test file", self.settings.place) or Suite()
        for case in self.written:
            if built := self._case(case):
                self.cases[case.name] = built
        self._check_selections()
        real = self.settings.get("real")
        self.builder.mistakes += unknown_names(real, self.builder.configs, self.stage.steps)
        self._forget_repetitions()

    def _forget_repetitions(self) -> None:
        """Forget repeated mistakes: rows of one case have the same mistakes, and mention the same names."""
        mentions = self.builder.mentions
        self.builder.mistakes[:] = dict.fromkeys(self.builder.mistakes)
        mentions.flows[:] = dict.fromkeys(mentions.flows)
        mentions.error_types[:] = dict.fromkeys(mentions.error_types)

    def _case(self, case: Written) -> Case | None:
        self.builder.enter(case.name, case.place)
        self._prepare(case)
        built: Case | None = self.builder.parameters(Case, case.values, f"the case '{case.name}'", case.place)
        return built

    def _prepare(self, case: Written) -> None:
        for act in _acts(case.values):
            if "run" in act and "steps" not in act:
                act.put("steps", act.pop("run"), *act.places["run"])
            self._steps(act, "steps", case.name)

    def _steps(self, values: Map, key: str, name: str) -> None:
        """Make the steps under a key those of a flow of their own."""
        if key not in values:
            return
        place = values.places[key][1]
        flow = Map(place)
        flow.put("name", name, place)
        flow.put("steps", values[key], place)
        values[key] = self.builder.parameters(Flow, flow, f"'{key}'", place, given=("name",))
        if values[key] is None:
            values[key] = Flow(name=name, steps=Chain())  # its mistakes are noted

    def _check_selections(self) -> None:
        steps = by_name(self.stage.steps)
        selections = (selection for case in self.cases.values() for selection in case.selections())
        self.builder.mistakes += [mistake for each in selections if (mistake := each.missing(steps))]


def _acts(case: Map) -> Iterator[Map]:
    """Yield the acts of a case, in their order."""
    yield case
    then = case.get("then")
    yield from (act for act in then if isinstance(act, Map)) if isinstance(then, Sequence) else ()


def refuse_unreadable(document: Document) -> None:
    """Raise LoadError for a document that could not be read."""
    if document.mistakes or not isinstance(document.data, Map):
        raise LoadError([diagnose(mistake, document) for mistake in document.mistakes])
