"""The expressions of elements, and what they read of an event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.expressions.held import Held, Path
from engine.parameters.element import Element, Parameters
from engine.parameters.expression import Compiled
from engine.steps.processor import Processor


def trees(element: Parameters) -> Iterator[Held]:
    """What the parameters that an element holds itself are made of, and what it assigns."""
    if isinstance(element, Processor):
        yield from element.assigns().values()
    for name, value in vars(element).items():
        if not name.startswith("_"):
            yield from _trees(value)


def _trees(value: Any) -> Iterator[Held]:
    if isinstance(value, Compiled):
        yield value.held
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _trees(each)
    elif isinstance(value, Mapping):
        yield from _trees(list(value.values()))
    elif isinstance(value, Parameters) and not isinstance(value, Element):
        yield from trees(value)


def computes(element: Parameters) -> bool:
    """Whether an element has an expression that could fail."""
    return not all(held.is_constant for held in trees(element))


def paths(elements: Iterable[Parameters]) -> set[Path]:
    """What the expressions of elements read, as far as names lead: (vars, authentication, principal)."""
    return {path for element in elements for held in trees(element) for path in held.reads()}
