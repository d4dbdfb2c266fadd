"""How deep flows may call flows."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any, Protocol

from engine.limits import DEEPEST_FLOWS
from engine.values.errors import ROUTING, FlowError
from engine.values.event import Event
from engine.work.strand import going_on

FRESH_STACK = 4
"""At each so many flows the next runs on a stack of its own: else Python's would end before ours."""

_depth: ContextVar[int] = ContextVar("depth", default=0)


class Runnable(Protocol):
    """What a flow-ref can lead to: a flow, or the chain of a sub-flow."""

    @property
    def run(self) -> Callable[[Event], Coroutine[Any, Any, Event]]: ...


class TooDeep(FlowError):
    """MULE:ROUTING where flows call each other without end; no route's own failure, for each would have its like."""

    def __init__(self) -> None:
        super().__init__(ROUTING, f"flows call each other more than {DEEPEST_FLOWS} deep")


async def run_nested(flow: Runnable, event: Event) -> Event:
    """Run what may lead back to where it is called from. Raises MULE:ROUTING where that has no end."""
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
