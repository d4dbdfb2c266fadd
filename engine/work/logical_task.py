"""The logical task that running work belongs to, though it may continue in another asyncio task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
Task = asyncio.Task[Any] | None

_continuation: ContextVar[tuple[Task, Task]] = ContextVar("continuation", default=(None, None))
"""A continuing task, and the task it continues. A route it starts inherits this, but is a task of its own."""


def logical_task() -> Task:
    """Return the task that began the running work: it owns the transaction and all else that routes do not share."""
    task = asyncio.current_task()
    going_on, origin = _continuation.get()
    return origin if going_on is task else task


async def going_on(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Return the result of work that runs on a stack of its own, but belongs to the logical task that waits for it."""
    origin = logical_task()

    async def go_on() -> T:
        _continuation.set((asyncio.current_task(), origin))
        return await work()

    return await asyncio.create_task(go_on())
