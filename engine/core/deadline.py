"""A deadline that costs nothing where nobody waits."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any, TypeVar

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
    try:
        awaited: Any = work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    timed: T = yield from _until(until, rest_of(work, awaited)).__await__()
    return timed


async def _until(when: float, rest: Any) -> Any:
    async with asyncio.timeout_at(when):
        return await rest


@types.coroutine
def rest_of(work: Coroutine[Any, Any, T], awaited: Any) -> Generator[Any, Any, T]:
    """The work from where it waits."""
    while True:
        try:
            yield awaited
        except GeneratorExit:
            work.close()
            raise
        except BaseException as error:
            step, argument = work.throw, error
        else:
            step, argument = work.send, None  # type: ignore[assignment]  # one of two
        try:
            awaited = step(argument)
        except StopIteration as end:
            result: T = end.value
            return result
