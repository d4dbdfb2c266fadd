"""Limits how deep flows may call flows."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any, Protocol

from engine.limits import DEEPEST_FLOWS
from engine.values.errors import ROUTING, FlowError
from engine.values.event import Event
from engine.work.logical_task import going_on

FRESH_STACK = 4
"""Every so many levels, the next flow runs on a stack of its own; otherwise Python's limit would come before ours."""

_depth: ContextVar[int] = ContextVar("depth", default=0)


class Runnable(Protocol):
    """The target of a flow-ref: a flow, or the chain of a sub-flow."""

    @property
    def run(self) -> Callable[[Event], Coroutine[Any, Any, Event]]: ...


class TooDeep(FlowError):
    """MULE:ROUTING if flows call each other endlessly; not one route's failure, since every route would fail so."""

    def __init__(self) -> None:
        super().__init__(ROUTING, f"flows call each other more than {DEEPEST_FLOWS} deep")


async def run_nested(flow: Runnable, event: Event) -> Event:
    """Run a flow that may lead back to its caller. Raises MULE:ROUTING if that never ends."""
    depth = _depth.get()
    if depth >= DEEPEST_FLOWS:
        raise TooDeep
    before = _depth.set(depth + 1)
    try:
        if depth % FRESH_STACK == FRESH_STACK - 1:
            return await going_on(lambda: flow.run(event))
        return await flow.run(event)
    finally:
        _depth.reset(before)
