"""Test files are loaded together, in the time of one. What cannot be loaded is skipped, with its reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from engine.loading.catalog import discover
from engine.loading.diagnostic import Diagnostic, LoadError
from engine.mule.conversion.conversion import told
from engine.mule.munit.cases import skipped
from engine.mule.munit.suites import SuiteFile
from engine.mule.reports.report import Advice, Report
from engine.mule.writing.parts import Part
from engine.mule.writing.yaml import write
from engine.testing.files.suite import TestFile
from engine.testing.session import Session

MOST_ROUNDS = 5
TOGETHER = "imported.test.yaml"
HOOKS = ("before-all", "before-each", "after-each", "after-all")
OF_ALL = ("mock", *HOOKS)
"""What a file has for all its cases."""

Place = tuple[SuiteFile, str]
"""A file and the name of a case, which is empty for what all cases of the file have."""


def groups_of(files: Iterable[SuiteFile]) -> list[Group]:
    """Return the files in groups that have the same flows, configs and properties."""
    found: defaultdict[str, list[SuiteFile]] = defaultdict(list)
    for file in files:
        found[write(_common(file))].append(file)
    return [Group(each) for each in found.values()]


def _common(file: SuiteFile) -> dict[str, Any]:
    return {name: value for name, value in file.sections.items() if name not in OF_ALL}


class Group:
    """Some test files."""

    def __init__(self, files: list[SuiteFile]) -> None:
        self._files = files

    def make_loadable(self, folder: Path, report: Report) -> None:
        """Skip the cases that cannot be loaded with the flows of a folder."""
        for _ in range(MOST_ROUNDS):
            parts = dict(self._parts())
            if not parts:
                return
            cases = {f"{file.name} {name}": part for (file, name), part in parts.items()}
            path = folder / TOGETHER
            path.write_text(write({**_common(self._files[0]), "cases": cases}), encoding="utf-8")
            mistakes = _mistakes_in(path)
            path.unlink()
            if not mistakes:
                return
            self._skip(parts, mistakes, report)

    def _parts(self) -> Iterator[tuple[Place, Part]]:
        for file in self._files:
            yield from (((file, name), file.cases[name]) for name in file.converted)
            steps = [step for name in HOOKS for step in file.sections.get(name, [])]
            mocks = file.sections.get("mock", [])
            if steps or mocks:
                yield (file, ""), Part({"mock": mocks, "steps": steps}, None)

    def _skip(self, parts: dict[Place, Part], mistakes: list[Diagnostic], report: Report) -> None:
        """Skip what mistakes are in; all if one is in none of the cases."""
        for mistake in mistakes:
            line = mistake.place.line if Path(mistake.place.file).name == TOGETHER else 0
            found = next((place for place, part in parts.items() if part.lines[0] <= line <= part.lines[1]), None)
            for file, name in [found] if found else [(file, "") for file in self._files]:
                for case in [name] if name else sorted(file.converted):
                    _replace(file, case, mistake, report)
                if not name:
                    file.sections = {key: value for key, value in _common(file).items() if found}


def _replace(file: SuiteFile, name: str, mistake: Diagnostic, report: Report) -> None:
    part = file.cases[name]
    if name not in file.converted or part.origin is None:
        return
    advice = Advice(mistake.mistake.found, mistake.mistake.expected or "another way to say it", "S")
    gap = report.add_gap(part.origin, f"munit:test '{name}'", advice)
    file.cases[name] = skipped(part.origin, [gap.why], [*part.comments, told(gap, part.origin.source)])
    file.converted.discard(name)


def _mistakes_in(path: Path) -> list[Diagnostic]:
    try:
        Session(TestFile.read(path), discover()).check()
    except LoadError as error:
        return list(error.diagnostics)
    return []
