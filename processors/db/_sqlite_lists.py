"""Lists behind IN on SQLite: bound as one value, JSON, whatever their length; so a statement has one text.

What JSON cannot carry, bytes and texts with a NUL in them, is an entry of two: what it is, and its bytes in base64.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from engine import encode, read_json
from processors.db._sqlite_values import WRITTEN

FUNCTION = "engine_unpacked"
ENTRIES = f"(SELECT CASE type WHEN 'array' THEN {FUNCTION}(value) ELSE value END FROM json_each({{}}))"  # noqa: S608
"""An expression has no affinity of its own: entries are compared as the column is, as values are."""


def among(mark: str, number: int, is_negated: bool) -> str:
    """What stands for the list that is bound to a mark."""
    return ("NOT IN " if is_negated else "IN ") + ENTRIES.format(mark)


def json_list(entries: list[Any]) -> str:
    """The list as it is bound. Raises what `encode` does for an entry that is no value of a database."""
    return encode([_entry(entry) for entry in entries]).decode()


def _entry(value: Any) -> Any:
    write = WRITTEN.get(type(value))
    if write is not None:
        return write(value)
    if isinstance(value, str) and "\0" in value:
        return ["text", b64encode(value.encode()).decode()]
    return ["bytes", b64encode(value).decode()] if isinstance(value, (bytes, bytearray, memoryview)) else value


def _unpacked(packed: str) -> Any:
    kind, text = read_json(packed.encode())
    data = b64decode(text)
    return data.decode() if kind == "text" else data


def add_to(connection: Any) -> None:
    """Give a connection the function that the lists need."""
    connection.create_function(FUNCTION, 1, _unpacked, deterministic=True)
