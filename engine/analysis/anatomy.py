"""What stands inside elements: steps, handlers, other flows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.parameters.element import Element, Parameters
from engine.steps.chain import Chain
from engine.steps.error_handler import ErrorHandler
from engine.steps.flow_link import FlowLink
from engine.work.nesting import Runnable


class Inner(NamedTuple):
    """Steps inside a step: a chain, or what a flow-ref leads to, None where that is known at run only."""

    steps: Runnable | None
    handler: ErrorHandler | None = None


def inner_steps(holder: Parameters) -> list[Inner]:
    """The steps that a scope or a router may run itself."""
    values = [value for name, value in vars(holder).items() if not name.startswith("_")]
    handler = next((value for value in values if isinstance(value, ErrorHandler)), None)
    return [Inner(each.steps, each.handler or handler) for value in values for each in _inner(value)]


def _inner(value: Any) -> Iterator[Inner]:
    if isinstance(value, Chain):
        yield Inner(value)
    elif isinstance(value, FlowLink):
        yield Inner(value.static_target())
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _inner(each)
    elif isinstance(value, Parameters) and not isinstance(value, Element):
        yield from inner_steps(value)
