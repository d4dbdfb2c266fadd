"""The steps that a scope or a router may run itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from engine.parameters.element import Element, Parameters
from engine.plan.inside import direct
from engine.steps.chain import Chain
from engine.steps.error_handler import ErrorHandler
from engine.steps.flow_link import FlowLink
from engine.work.nesting import Runnable


class Inner(NamedTuple):
    """Steps inside a step: a chain, or the target of a flow-ref, None if that is known only at run time."""

    steps: Runnable | None
    handler: ErrorHandler | None = None


def inner_steps(holder: Parameters) -> list[Inner]:
    """Return the steps inside an element, each with the handler next to them."""
    return list(_inner(holder, None))


def _inner(holder: Parameters, outer: ErrorHandler | None) -> Iterator[Inner]:
    parts = list(direct(list(Parameters.members(holder))))
    handler = next((each for each in parts if isinstance(each, ErrorHandler)), outer)
    for each in parts:
        if isinstance(each, Chain):
            yield Inner(each, handler)
        elif isinstance(each, FlowLink):
            yield Inner(each.static_target(), handler)
        elif isinstance(each, Parameters) and not isinstance(each, Element):
            yield from _inner(each, handler)
