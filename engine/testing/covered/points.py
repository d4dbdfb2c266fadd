"""The points that tests may pass in flows: the line of each step, each branch, each way of an operation's errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from engine.expressions.digits import is_digits
from engine.loading.loader import Parts
from engine.parameters.element import raised_types
from engine.steps.chain import Chain, Step
from engine.steps.inner import Inner, inner_steps
from engine.testing.covered.ways import Left, Met, Way, Ways
from engine.testing.expected.selecting import path_of
from engine.values.errors import UNKNOWN, ErrorType

Kind = Literal["line", "branch", "error"]
Fate = frozenset[Met | Left]
SUCCEEDED, FAILED, ENTERED = "succeeds", "fails", "runs its steps"
LEAVES_FROM_OUTSIDE, LEAVES, IN_REQUEST, ENDS_INSIDE, ELSEWHERE = 4, 3, 2, 1, 0
"""How much is at risk if a point was never passed: an error that leaves a flow with an HTTP source, so that its caller
gets it, most of all one that the outside world causes; then steps and branches that requests may take; then errors that
end inside such a flow; then points that no request reaches."""


@dataclass(frozen=True)
class Point:
    """A place of a flow file that a test may pass.

    file, line: its place. path: of the step, route or handler. label: which branch of it, or which error; empty for a
    line. like_it: how many more errors meet the same handlers, and end the same way. risk: from 0; why: in a few words.
    """

    file: str
    line: int
    kind: Kind
    path: str
    label: str = ""
    element: str = ""
    like_it: int = field(default=0, compare=False)
    risk: int = field(default=ELSEWHERE, compare=False)
    why: str = field(default="", compare=False)

    def __str__(self) -> str:
        what = {"line": "", "branch": f": {self.label}", "error": f" raises {self.error}"}[self.kind]
        return f"{self.file}:{self.line} {self.element}{what}"

    @property
    def error(self) -> str:
        """`DB:CONNECTIVITY or one of 3 like it`."""
        return f"{self.label} or one of {self.like_it} like it" if self.like_it else self.label


def key_of(location: str, label: str = "") -> str:
    """Return the key under which the passing of a point is counted."""
    return f"{location} {label}"


def points(parts: Parts, files: Mapping[str, str]) -> dict[str, Point]:
    """Return all points of some flow files, by their keys. files: their names by those that locations have."""
    ways = Ways(parts)
    found = (each for way in ways.all for each in _of_way(ways, way))
    return {
        each.key: Point(files[file], line, each.kind, path, each.label, each.element, each.like_it, *each.risk)
        for each in found
        for path, file, line in [split(each.location)]
        if file in files
    }


class Found(NamedTuple):
    """A point as it is found: its place, and the key under which its passing is counted."""

    location: str
    kind: Kind
    key: str
    label: str
    element: str
    risk: tuple[int, str]
    like_it: int = 0


def split(location: str) -> tuple[str, str, int]:
    """Split a location into path, file and line."""
    path, _, place = location.rpartition(" @ ")
    file, _, line = place.rpartition(":")
    return path, file, int(line) if is_digits(line) else 0


def _of_way(ways: Ways, way: Way) -> Iterator[Found]:
    served = _named(ways.served(way))
    at_risk = (IN_REQUEST, f"requests to {served} may come here") if served else (ELSEWHERE, "")
    if way.taken_by is not None:
        location = way.taken_by.location
        yield Found(location, "branch", key_of(location), "takes an error", _handler_name(location), at_risk)
    for step in way.chain.steps:
        yield Found(step.location, "line", key_of(step.location), "", step.name, at_risk)
        for location, key, label in _branches(ways, step):
            yield Found(location, "branch", key, label, step.name, at_risk)
        for fate, errors in errors_by_fate(ways, way, step).items():
            first = min(errors, key=lambda error: len(error.lineage))
            risk = _risk(ways, way, step, fate)
            for raised in errors:
                key = key_of(step.location, str(raised))
                yield Found(step.location, "error", key, str(first), step.name, risk, len(errors) - 1)


def errors_by_fate(ways: Ways, way: Way, step: Step) -> dict[Fate, list[ErrorType]]:
    """Group the errors of an operation that go the same way: testing one of them tests all."""
    found: dict[Fate, list[ErrorType]] = {}
    for raised in operation_errors(step):
        found.setdefault(ways.fate(way, step, raised), []).append(raised)
    return found


def _handler_name(location: str) -> str:
    return f"error handler {split(location)[0].rpartition('/')[2]}"


def _named(flows: set[str]) -> str:
    return ", ".join(sorted(flows))


def _branches(ways: Ways, step: Step) -> Iterator[tuple[str, str, str]]:
    """Yield location, key and label of each branch of a step."""
    inner = ways.inner(step)
    chains = [each.steps for each in inner if isinstance(each.steps, Chain)]
    if len(chains) > 1:
        for chain in chains:
            location = chain.location or step.location
            yield location, key_of(location, ENTERED), route_name(location, step)
    elif chains and chains[0].location and _may_end_inside(step, inner[0]):
        for label in (SUCCEEDED, FAILED):
            yield step.location, key_of(chains[0].location, label), label
    elif chains and step.processor.passes_by:
        yield step.location, key_of(chains[0].location or "", ENTERED), ENTERED
    if chains and step.processor.passes_by:
        yield step.location, key_of(step.location, step.processor.passes_by), step.processor.passes_by


def _may_end_inside(step: Step, inner: Inner) -> bool:
    """Return whether an error inside may stay unseen outside."""
    return bool(inner.handler and inner.handler.handlers) or step.processor.keeps(UNKNOWN)


def route_name(location: str, step: Step) -> str:
    """Return `when/0`, `otherwise`, `routes/1`."""
    inside = split(location)[0].removeprefix(f"{path_of(step)}/").removeprefix(f"{step.name}/")
    return inside.removesuffix("/steps")


def operation_errors(step: Step) -> list[ErrorType]:
    """Return the errors that an operation declares: a step that runs no others, neither inside nor of another flow."""
    return [] if inner_steps(step.processor) else list(dict.fromkeys(raised_types(step.processor)))


def _risk(ways: Ways, way: Way, step: Step, fate: Fate) -> tuple[int, str]:
    left = {each.flow for each in fate if isinstance(each, Left)}
    if left:
        return LEAVES_FROM_OUTSIDE if step.processor.is_outward else LEAVES, f"the caller of {_named(left)} gets it"
    served = ways.served(way)
    return (ENDS_INSIDE, f"it ends inside {_named(served)}") if served else (ELSEWHERE, "")
