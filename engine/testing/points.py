"""What tests may pass in flows: the line of each step, each branch, each error that an operation declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.core.chain import Chain, Step
from engine.core.element import raised_types
from engine.core.errors import UNKNOWN, ErrorType
from engine.loading.loader import Parts
from engine.openapi.anatomy import Inner, inner_steps
from engine.testing.selecting import path_of
from engine.testing.ways import Way, Ways

Kind = Literal["line", "branch", "error"]
SUCCEEDED, FAILED, ENTERED = "succeeds", "fails", "runs its steps"
LEAVES_FROM_OUTSIDE, LEAVES, IN_REQUEST, ENDS_INSIDE, ELSEWHERE = 4, 3, 2, 1, 0
"""How much is at risk where a point was never passed: an error that leaves a flow with an HTTP source, so that its
caller gets it, most of all one that the outside world causes; then steps and branches that requests may take; then
errors that end inside such a flow; then what no request comes to."""


@dataclass(frozen=True)
class Point:
    """A place of a flow file that a test may pass.

    file, line: where it stands. path: of the step, route or handler. label: which branch of it, or
    which error; empty for a line. risk: from 0; why: in a few words.
    """

    file: str
    line: int
    kind: Kind
    path: str
    label: str = ""
    element: str = ""
    risk: int = field(default=ELSEWHERE, compare=False)
    why: str = field(default="", compare=False)

    def __str__(self) -> str:
        what = {"line": "", "branch": f": {self.label}", "error": f" raises {self.label}"}[self.kind]
        return f"{self.file}:{self.line} {self.element}{what}"


def key_of(location: str, label: str = "") -> str:
    """What the passing of a point is counted under."""
    return f"{location} {label}"


def points(parts: Parts, files: Mapping[str, str]) -> dict[str, Point]:
    """All points of some flow files, by their keys. files: their names by those that locations have."""
    ways = Ways(parts)
    found = (each for way in ways.all for each in _of_way(ways, way))
    return {
        key: Point(files[file], line, kind, path, label, element, risk, why)
        for location, kind, key, label, element, (risk, why) in found
        for path, file, line in [split(location)]
        if file in files
    }


Found = tuple[str, Kind, str, str, str, tuple[int, str]]


def split(location: str) -> tuple[str, str, int]:
    """Path, file and line of a location."""
    path, _, place = location.rpartition(" @ ")
    file, _, line = place.rpartition(":")
    return path, file, int(line) if line.isdecimal() else 0


def _of_way(ways: Ways, way: Way) -> Iterator[Found]:
    served = _named(ways.served(way))
    at_risk = (IN_REQUEST, f"requests to {served} may come here") if served else (ELSEWHERE, "")
    if way.taken_by is not None:
        location = way.taken_by.location
        yield location, "branch", key_of(location), "takes an error", _handler_name(location), at_risk
    for step in way.chain.steps:
        yield step.location, "line", key_of(step.location), "", step.name, at_risk
        for location, key, label in _branches(ways, step):
            yield location, "branch", key, label, step.name, at_risk
        for raised in operation_errors(step):
            risk = _risk(ways, way, step, raised)
            yield step.location, "error", key_of(step.location, str(raised)), str(raised), step.name, risk


def _handler_name(location: str) -> str:
    return f"error handler {split(location)[0].rpartition('/')[2]}"


def _named(flows: set[str]) -> str:
    return ", ".join(sorted(flows))


def _branches(ways: Ways, step: Step) -> Iterator[tuple[str, str, str]]:
    """Location, key and label of each branch of a step."""
    inner = ways.inner(step)
    chains = [each.steps for each in inner if isinstance(each.steps, Chain)]
    if len(chains) > 1:
        for chain in chains:
            location = chain.location or step.location
            yield location, key_of(location, ENTERED), _route_name(location, step)
    elif chains and chains[0].location and _may_end_inside(step, inner[0]):
        for label in (SUCCEEDED, FAILED):
            yield step.location, key_of(chains[0].location, label), label
    elif chains and step.processor.passes_by:
        yield step.location, key_of(chains[0].location or "", ENTERED), ENTERED
    if chains and step.processor.passes_by:
        yield step.location, key_of(step.location, step.processor.passes_by), step.processor.passes_by


def _may_end_inside(step: Step, inner: Inner) -> bool:
    """Whether an error inside may stay unseen outside."""
    return bool(inner.handler and inner.handler.handlers) or step.processor.keeps(UNKNOWN)


def _route_name(location: str, step: Step) -> str:
    """`when/0`, `otherwise`, `routes/1`."""
    inside = split(location)[0].removeprefix(f"{path_of(step)}/").removeprefix(f"{step.name}/")
    return inside.removesuffix("/steps")


def operation_errors(step: Step) -> list[ErrorType]:
    """The errors that an operation declares: a step that runs no others, neither inside nor of another flow."""
    return [] if inner_steps(step.processor) else list(dict.fromkeys(raised_types(step.processor)))


def _risk(ways: Ways, way: Way, step: Step, raised: ErrorType) -> tuple[int, str]:
    left = ways.left_by(way, step, raised)
    if left:
        return LEAVES_FROM_OUTSIDE if step.processor.is_outward else LEAVES, f"the caller of {_named(left)} gets it"
    served = ways.served(way)
    return (ENDS_INSIDE, f"it ends inside {_named(served)}") if served else (ELSEWHERE, "")
