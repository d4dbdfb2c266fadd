"""Changes within their time limit on a server, which may end one before it learns that nobody waits for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from processors.db._database import DatabasePart
from processors.db._sql import CHANGING, verb_of

Result = TypeVar("Result")
Part = TypeVar("Part", bound=DatabasePart)


def stands_apart(sql: str, timeout: float | None) -> bool:
    """Return whether a statement needs a transaction of its own: one that commits itself is kept when it ends late."""
    return timeout is not None and verb_of(sql) in CHANGING


async def apart(begin: Callable[[], Awaitable[Part]], action: Callable[[Part], Awaitable[Result]]) -> Result:
    """Return the action's result in a transaction of its own: if it fails, or is late, it is undone for sure."""
    part = await begin()
    try:
        result = await action(part)
    except BaseException:
        await part.rollback()
        raise
    await part.commit()
    return result
