"""A deadline that costs nothing if the work never waits."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any, TypeVar

from engine.work.first_step import begin, rest_of

T = TypeVar("T")


@types.coroutine
def before(seconds: float | None, work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
    """Return the result of the work; cancel it and raise TimeoutError if it takes longer, as asyncio.timeout does.

    The timer is set when the work waits for the first time. Most requests never wait, and no timer could fire before.
    """
    if seconds is None:
        return (yield from work.__await__())
    until = asyncio.get_running_loop().time() + seconds
    begun = begin(work)
    result: T = begun.value if begun.is_done else (yield from _until(until, rest_of(work, begun.value)).__await__())
    return result


async def _until(when: float, rest: Any) -> Any:
    async with asyncio.timeout_at(when):
        return await rest
