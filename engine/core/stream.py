"""Values that come one after another."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from engine.core.errors import EXPRESSION, FlowError


class Stream:
    """Values that are made, or arrive, while they are read, such as the records of a large body; read once.

    It passes through variables and payloads as any value; foreach goes through it, and an answer
    whose payload it is is sent as it comes. Expressions do not look inside.

    portions: the values in lists of any length above 0, so that what is done for each costs little.
    """

    __slots__ = ("_portions", "is_at_end")

    def __init__(self, portions: AsyncGenerator[list[Any], None]) -> None:
        self._portions: AsyncGenerator[list[Any], None] | None = portions
        self.is_at_end = False
        """Whether all of it was read."""

    async def portions(self, size: int | None = None) -> AsyncIterator[list[Any]]:
        """The values in lists as they come, or in lists of this size. Raises MULE:EXPRESSION when read again."""
        portions, self._portions = self._portions, None
        if portions is None:
            raise FlowError(EXPRESSION, "a stream can be read once only")
        async for portion in portions if size is None else _of_size(portions, size):
            yield portion
        self.is_at_end = True

    async def close(self) -> None:
        """Let go of what was not read."""
        if self._portions is not None:
            await self._portions.aclose()

    def to_json(self) -> Any:
        raise NotImplementedError("a stream is written as a whole payload only")


async def _of_size(portions: AsyncIterator[list[Any]], size: int) -> AsyncIterator[list[Any]]:
    rest: list[Any] = []
    async for portion in portions:
        rest += portion
        whole = len(rest) - len(rest) % size
        for start in range(0, whole, size):
            yield rest[start : start + size]
        rest = rest[whole:]
    if rest:
        yield rest
