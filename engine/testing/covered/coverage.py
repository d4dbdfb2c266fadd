"""The parts of flow files that tests covered, and those that should be covered next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from engine.testing.covered.points import Kind, Point

KINDS: Mapping[Kind, str] = {"line": "lines", "branch": "branches", "error": "error paths"}
COUNTED: tuple[Kind, ...] = ("line", "branch")
"""The coverage that --fail-under checks: an operation may declare errors that nobody can bring about."""

MOST_NEXT = 5
"""How many points are named as the next to test."""


@dataclass(frozen=True)
class Share:
    """A number out of a total."""

    covered: int
    total: int

    @property
    def percent(self) -> float:
        """The percentage; 100 if there is nothing to cover."""
        return 100.0 * self.covered / self.total if self.total else 100.0

    def __str__(self) -> str:
        return f"{self.covered}/{self.total} {int(self.percent)} %"


class Coverage:
    """How often each point was passed, by all test files together."""

    def __init__(self, hits: Iterable[Mapping[Point, int]]) -> None:
        several = [pair for each in hits for pair in each.items()]
        riskiest = {point: point for point, _ in sorted(several, key=lambda pair: pair[0].risk)}
        self.hits = dict.fromkeys(riskiest.values(), 0)
        for point, times in several:
            self.hits[point] += times
        self._by_file = _by_file(self.hits)

    @property
    def files(self) -> list[str]:
        return sorted(self._by_file)

    def of_file(self, file: str) -> list[Point]:
        """Return its points, in the order of the lines."""
        return self._by_file[file]

    def lines(self, file: str) -> dict[int, int]:
        """Return how often each line was passed: as often as the least passed step on it."""
        found: dict[int, int] = {}
        for point in self.of_file(file):
            if point.kind == "line":
                found[point.line] = min(found.get(point.line, self.hits[point]), self.hits[point])
        return found

    def share(self, kind: Kind, file: str | None = None) -> Share:
        """Return the share that is covered of a kind, in one file or in all."""
        if kind == "line":
            times = [each for name in ([file] if file else self.files) for each in self.lines(name).values()]
        else:
            times = [hits for point, hits in self.hits.items() if point.kind == kind and file in (None, point.file)]
        return Share(sum(each > 0 for each in times), len(times))

    def missed(self, file: str | None = None) -> list[Point]:
        """Return the points that were never passed, in the order of files and lines."""
        names = self.files if file is None else [file]
        return [point for name in names for point in self.of_file(name) if not self.hits[point]]

    def next(self) -> list[Point]:
        """Return the points at most risk, riskiest first; of errors, and of other points of a line, only the first."""
        found: dict[tuple[str, int, bool], Point] = {}
        for point in sorted(self.missed(), key=lambda each: (-each.risk, each.file, each.line)):
            if point.risk:
                found.setdefault((point.file, point.line, point.kind == "error"), point)
        return list(found.values())[:MOST_NEXT]

    def is_under(self, percent: float) -> bool:
        """Return whether less than so much of the lines, or of the branches, of all files is covered."""
        return any(self.share(kind).percent < percent for kind in COUNTED)


def _by_file(points: Iterable[Point]) -> dict[str, list[Point]]:
    found: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        found[point.file].append(point)
    for each in found.values():
        each.sort(key=lambda point: (point.line, point.path, point.kind))
    return found


def table(coverage: Coverage) -> Iterator[str]:
    """Yield the table, the missed points, and those to test next, as lines of text."""
    wide = max((len(file) for file in coverage.files), default=0)
    yield f"{'coverage':{wide}}  " + "".join(f"{KINDS[kind]:>16}" for kind in KINDS)
    for file in coverage.files:
        yield f"{file:{wide}}  " + "".join(f"{coverage.share(kind, file)!s:>16}" for kind in KINDS)
    yield f"{'all':{wide}}  " + "".join(f"{coverage.share(kind)!s:>16}" for kind in KINDS)
    missed = list(_missed(coverage))
    if missed:
        yield from ["", "never passed", *missed]
    riskiest = coverage.next()
    if riskiest:
        yield from ["", "what to test next, riskiest first: errors that callers would get, then steps and branches"]
        yield from (f"  {point}: {point.why}" for point in riskiest)


def _missed(coverage: Coverage) -> Iterator[str]:
    """Yield the points that were never passed, the errors of one step in one line."""
    errors: dict[tuple[str, str], list[Point]] = defaultdict(list)
    for point in coverage.missed():
        if point.kind == "error":
            errors[point.file, point.path].append(point)
        else:
            yield f"  {point}"
    for first, *others in errors.values():
        yield f"  {first}" + "".join(f", {point.error}" for point in others)
