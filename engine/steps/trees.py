"""The expressions of elements, and the parts of an event that they read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.expressions.held import Held, Path
from engine.parameters.element import Parameters
from engine.parameters.expression import Compiled
from engine.plan.inside import own_parts
from engine.steps.processor import Processor


def trees(element: Parameters) -> Iterator[Held]:
    """Iterate over the trees of the values that an element assigns, and of its own parameters."""
    if isinstance(element, Processor):
        yield from element.assigns().values()
    yield from (each.held for each in own_parts(element) if isinstance(each, Compiled))


def computes(element: Parameters) -> bool:
    """Return whether an element has an expression that could fail."""
    return not all(held.is_constant for held in trees(element))


def paths(elements: Iterable[Parameters]) -> set[Path]:
    """Return the paths that the expressions of elements read, as far as they consist of names.

    An example is (vars, authentication, principal).
    """
    return {path for element in elements for held in trees(element) for path in held.reads()}
