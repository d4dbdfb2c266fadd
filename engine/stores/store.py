"""What keeps values by key, as caches, counters and operations of object stores see it."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET

from engine.parameters.amounts import Reference
from engine.parameters.config import Config
from engine.values.errors import ANY, CONNECTIVITY

# Mule's types of its object store, and two of ours: INVALID_VALUE, and a parent for a store that cannot be reached.
INVALID_KEY = ANY.child("INVALID_KEY", "OS")
INVALID_VALUE = ANY.child("INVALID_VALUE", "OS")
KEY_ALREADY_EXISTS = ANY.child("KEY_ALREADY_EXISTS", "OS")
KEY_NOT_FOUND = ANY.child("KEY_NOT_FOUND", "OS")
NULL_VALUE = ANY.child("NULL_VALUE", "OS")
STORE_NOT_AVAILABLE = CONNECTIVITY.child("CONNECTIVITY", "OS").child("STORE_NOT_AVAILABLE")


class Store(Config):
    """The base of configs that keep values by key.

    Each method is atomic: of many callers at once each sees what the one before it left. What has
    expired is never seen. Values keep their types, but are values: nothing that is changed in one
    later changes what is stored. Any method raises OS:STORE_NOT_AVAILABLE where the store cannot be reached.
    """

    async def put(self, key: str, value: Any, *, ttl: float | None = None, replace: bool = True) -> None:
        """Keep a value, in the place of the one before; it is then the newest entry.

        ttl: seconds until it expires; as the store is configured, if left out.
        Raises OS:INVALID_VALUE; OS:KEY_ALREADY_EXISTS where `replace` is false and there is one.
        """
        raise NotImplementedError

    async def get(self, key: str, default: Any = UNSET) -> Any:
        """The value; the default where there is none, without one OS:KEY_NOT_FOUND."""
        raise NotImplementedError

    async def contains(self, key: str) -> bool:
        raise NotImplementedError

    async def remove(self, key: str) -> None:
        """Forget the entry. Raises OS:KEY_NOT_FOUND where there is none."""
        raise NotImplementedError

    async def increment(self, key: str, by: Any = 1) -> Any:
        """Add a number to the value, 0 where there is none, and give the sum.

        The entry keeps its age: a counter expires when its first value does. Raises OS:INVALID_VALUE
        where the value is no number.
        """
        raise NotImplementedError

    async def all(self) -> dict[str, Any]:
        """The values by key, the oldest first."""
        raise NotImplementedError

    async def keys(self) -> list[str]:
        """The keys, the oldest first."""
        raise NotImplementedError

    async def clear(self) -> None:
        """Forget all entries."""
        raise NotImplementedError


StoreRef = Annotated[Store, Reference()]
"""The name of a config that is a store."""
