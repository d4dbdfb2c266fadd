"""The expressions of elements, and what they read of an event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.expressions.held import Held, Path
from engine.parameters.element import Parameters
from engine.parameters.expression import Compiled
from engine.plan.inside import inside
from engine.steps.processor import Processor


def trees(element: Parameters) -> Iterator[Held]:
    """What the parameters that an element holds itself are made of, and what it assigns."""
    if isinstance(element, Processor):
        yield from element.assigns().values()
    yield from (each.held for each in inside(list(Parameters.members(element))) if isinstance(each, Compiled))


def computes(element: Parameters) -> bool:
    """Whether an element has an expression that could fail."""
    return not all(held.is_constant for held in trees(element))


def paths(elements: Iterable[Parameters]) -> set[Path]:
    """What the expressions of elements read, as far as names lead: (vars, authentication, principal)."""
    return {path for element in elements for held in trees(element) for path in held.reads()}
