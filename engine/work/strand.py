"""Whose work it is that runs: that of a task, which may go on in another one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
Task = asyncio.Task[Any] | None

_continuation: ContextVar[tuple[Task, Task]] = ContextVar("continuation", default=(None, None))
"""The task that goes on for another one, and that one. A route that it starts inherits this, and is another task."""


def strand() -> Task:
    """The task that began the work that runs: to it belong its transaction and all else that routes do not share."""
    task = asyncio.current_task()
    going_on, origin = _continuation.get()
    return origin if going_on is task else task


async def going_on(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The result of work that runs on a stack of its own, and is still that of the strand that waits for it."""
    origin = strand()

    async def go_on() -> T:
        _continuation.set((asyncio.current_task(), origin))
        return await work()

    return await asyncio.create_task(go_on())
