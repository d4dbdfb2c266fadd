"""Lists after IN on SQLite: bound as one value, JSON, whatever their length; so a statement has one text.

Values that JSON cannot carry, bytes and texts with a NUL in them, are a list of a text: their type, and their bytes in
base64.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from engine.connectors import encode
from processors.db._sqlite_values import WRITTEN

FUNCTION = "engine_unpacked"
TEXT, BYTES = "t", "b"
ENTRIES = f"(SELECT CASE type WHEN 'array' THEN {FUNCTION}(value) ELSE value END FROM json_each({{}}))"  # noqa: S608
"""An expression has no affinity of its own: entries are compared as the column is, as values are."""


def among(mark: str, number: int, is_negated: bool) -> str:
    """Return the text for the list that is bound to a mark."""
    return ("NOT IN " if is_negated else "IN ") + ENTRIES.format(mark)


def json_list(entries: list[Any]) -> str:
    """Return the list as it is bound. Raise the error of `encode` for an entry that is not a value of a database."""
    return encode([_entry(entry) for entry in entries]).decode()


def _entry(value: Any) -> Any:
    write = WRITTEN.get(type(value))
    if write is not None:
        return write(value)
    if isinstance(value, str) and "\0" in value:
        return [f"{TEXT}{b64encode(value.encode()).decode()}"]
    return [f"{BYTES}{b64encode(value).decode()}"] if isinstance(value, (bytes, bytearray, memoryview)) else value


def _unpacked(packed: str) -> Any:
    """Return the value in `["…"]`."""
    data = b64decode(packed[3:-2])
    return data.decode() if packed[2] == TEXT else data


def add_to(connection: Any) -> None:
    """Add the function that the lists need to a connection."""
    connection.create_function(FUNCTION, 1, _unpacked, deterministic=True)
