"""The interface of stores: values by key, for caches, counters and operations of object stores."""

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

    Each method is atomic: of many concurrent callers each sees the result of the one before. Expired values are never
    seen. Values keep their types, but are copies: changing one later does not change the stored value. Any method
    raises OS:STORE_NOT_AVAILABLE if the store cannot be reached.
    """

    async def put(self, key: str, value: Any, *, ttl: float | None = None, replace: bool = True) -> None:
        """Keep a value, replacing the one before; it becomes the newest entry.

        ttl: seconds until it expires; the store's setting, if left out.
        Raises OS:INVALID_VALUE; OS:KEY_ALREADY_EXISTS if `replace` is false and the key exists.
        """
        raise NotImplementedError

    async def get(self, key: str, default: Any = UNSET) -> Any:
        """Return the value, or the default if there is none. Without a default raises OS:KEY_NOT_FOUND."""
        raise NotImplementedError

    async def contains(self, key: str) -> bool:
        raise NotImplementedError

    async def remove(self, key: str) -> None:
        """Forget the entry. Raises OS:KEY_NOT_FOUND if there is none."""
        raise NotImplementedError

    async def increment(self, key: str, by: Any = 1) -> Any:
        """Add a number to the value (0 if there is none), and return the sum.

        The entry keeps its age: a counter expires when its first value does. Raises OS:INVALID_VALUE
        if the value is not a number.
        """
        raise NotImplementedError

    async def all(self) -> dict[str, Any]:
        """Return the values by key, the oldest first."""
        raise NotImplementedError

    async def keys(self) -> list[str]:
        """Return the keys, the oldest first."""
        raise NotImplementedError

    async def clear(self) -> None:
        """Forget all entries."""
        raise NotImplementedError


StoreRef = Annotated[Store, Reference()]
"""A reference to a config that is a store."""
