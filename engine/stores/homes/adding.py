"""Adding to a number that other processes add to as well."""

from __future__ import annotations

from typing import Any

from engine.stores.homes.home import Shelf
from engine.stores.stored import data_of, total_of


async def add_and_swap(shelf: Shelf, key: str, by: Any, ttl: float | None) -> Any:
    """Do as `increment`: read the value, and replace it by the sum if nobody else was faster, else again."""
    while True:
        before = await shelf.get(key)
        total = total_of(before, by)
        if await shelf.swap(key, before, data_of(total), ttl if before is None else None):
            return total
