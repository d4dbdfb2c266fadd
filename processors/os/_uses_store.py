"""The parameters shared by the operations on stores."""

from __future__ import annotations

from functools import cached_property

from engine import ErrorType, Operation, VoidOperation
from engine.connectors import (
    DEFAULT_STORE,
    INVALID_KEY,
    RETRY_EXHAUSTED,
    STORE_NOT_AVAILABLE,
    Measures,
    Store,
    StoreRef,
    default_store,
)
from processors.os._key import Key

OF_ALL: tuple[ErrorType, ...] = (STORE_NOT_AVAILABLE, RETRY_EXHAUSTED.child("RETRY_EXHAUSTED", "OS"))
OF_KEYS = (INVALID_KEY, *OF_ALL)


class UsesStore(VoidOperation):
    """The base of operations on a store."""

    object_store: StoreRef = None  # type: ignore[assignment]  # None is the application's own
    """The name of the os:object-store; the application's own, which is persistent, if left out."""

    raises = OF_ALL
    is_outward = True
    reaches_outside = False

    def measure(self, measures: Measures, place: str) -> None:
        if self.object_store is None:
            self.store.measure(measures, DEFAULT_STORE)

    @property
    def keeps_data(self) -> bool:
        return self.object_store is None and self.store.keeps_data  # the application's own

    @cached_property
    def store(self) -> Store:
        return self.object_store or default_store(self.runtime)


class UsesEntry(UsesStore):
    """The base of operations on one entry."""

    key: Key
    """The key of the entry: a text, or a number."""

    raises = OF_KEYS


class ReadsStore(UsesStore, Operation):
    """The base of operations on a store that have a result."""


class ReadsEntry(UsesEntry, Operation):
    """The base of operations on one entry that have a result."""
