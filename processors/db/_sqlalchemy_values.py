"""Values on their way to the drivers behind SQLAlchemy: most go unchanged, lists and maps go as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from processors.db._sqlite_values import WRITTEN

WITHOUT_LISTS = frozenset({"mysql", "mariadb"})
"""Dialects whose drivers report the number that was made for a row, and not by RETURNING."""

NOT_TAKEN = {
    kind: write for kind, write in WRITTEN.items() if kind in (dict, list, tuple, UUID) or "App" in kind.__name__
}


def fitting(dialect: str) -> Callable[[Any], Any]:
    """Return the function that converts a value to one that the driver of the dialect takes."""
    written = WRITTEN if dialect == "sqlite" else NOT_TAKEN

    def fit(value: Any) -> Any:
        write = written.get(type(value))
        return value if write is None else write(value)

    return fit
