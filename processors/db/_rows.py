"""Rows as they are read."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, Self


class Rows:
    """Portions of rows, the first of which is read in advance; `most` rows at the most, all for None."""

    def __init__(self, portions: AsyncGenerator[list[Any], None], most: int | None) -> None:
        self._portions = portions
        self._left = most
        self._first: list[Any] | None = None

    async def begin(self) -> None:
        """Run the statement. Raise its errors."""
        self._first = await self._next()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[Any]:
        rows, self._first = self._first or await self._next(), None
        if not rows:
            raise StopAsyncIteration
        return rows

    async def _next(self) -> list[Any]:
        rows: list[Any] = await anext(self._portions, [])
        if self._left is not None:
            rows = rows[: self._left]
            self._left -= len(rows)
        if not rows or self._left == 0:
            await self.aclose()
        return rows

    async def aclose(self) -> None:
        await self._portions.aclose()
