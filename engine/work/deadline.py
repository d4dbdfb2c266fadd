"""A deadline that costs nothing where nobody waits."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any, TypeVar

from engine.work.begun import begin, rest_of

T = TypeVar("T")


@types.coroutine
def before(seconds: float | None, work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
    """What the work gives; TimeoutError, with the work cancelled, where it takes longer; as asyncio.timeout.

    The timer is set when the work waits for the first time: most requests never do, and while nobody
    waits no timer could strike.
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
