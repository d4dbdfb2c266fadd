"""Changes that take no longer than they may, on a server: it may end one before it learns that nobody waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from processors.db._database import Database, Part
from processors.db._sql import ONE_OF_MANY, verb_of


def stands_apart(sql: str, timeout: float | None) -> bool:
    """Whether a change has to be in a transaction of its own: one that commits itself is kept when it ends late."""
    return timeout is not None and verb_of(sql) in ONE_OF_MANY


async def change_apart(database: Database, sql: str, values: Sequence[Any], timeout: float | None) -> dict[str, Any]:
    """As `change`, in a transaction of its own: one that fails, or is late, is undone for sure."""
    part: Part = await database.begin(None)
    try:
        change = await part.change(sql, values, timeout)
    except BaseException:
        await part.rollback()
        raise
    await part.commit()
    return change
