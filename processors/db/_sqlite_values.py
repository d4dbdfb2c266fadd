"""Values that SQLite has no type for: how they are stored, and how columns return them by their declared type.

Decimals and UUIDs are stored as text, dates and times as ISO 8601 (as CURRENT_TIMESTAMP: a space in the middle),
booleans as 0 and 1, lists and maps as JSON, bytes as they are. A column that declares BOOLEAN, DATE, DATETIME,
TIMESTAMP, TIME, DECIMAL, NUMERIC, UUID or JSON returns such values again; if the stored value is not one, and in all
other columns and expressions, a number is a number and a text a text. For decimals in DECIMAL and NUMERIC columns see
_sqlite_decimals.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import msgspec

from engine.connectors import Appended, encode, read_json
from processors.db._sqlite_decimals import text_of


def _json(value: Any) -> str:
    try:
        return encode(value).decode()
    except (NotImplementedError, TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error


WRITTEN: dict[type, Callable[[Any], str]] = {
    Decimal: str,
    UUID: str,
    date: date.isoformat,
    datetime: lambda value: value.isoformat(" "),
    time: time.isoformat,
    dict: _json,
    list: _json,
    tuple: _json,
    Appended: _json,
}


def _boolean(data: bytes) -> Any:
    return {b"0": False, b"1": True}[data]


def _decimal(data: bytes) -> Decimal:
    return Decimal(data.decode())


def _read_as(kind: type) -> Callable[[bytes], Any]:
    return lambda data: msgspec.convert(data.decode(), kind)


READ: dict[str, Callable[[bytes], Any]] = {
    "BOOLEAN": _boolean,
    "BOOL": _boolean,
    "DATE": _read_as(date),
    "DATETIME": _read_as(datetime),
    "TIMESTAMP": _read_as(datetime),
    "TIMESTAMPTZ": _read_as(datetime),
    "TIME": _read_as(time),
    "DECIMAL": _decimal,
    "NUMERIC": _decimal,
    "UUID": _read_as(UUID),
    "JSON": read_json,
    "JSONB": read_json,
}
NO_SUCH_VALUE = (ValueError, KeyError, InvalidOperation, RecursionError)


def _reader(read: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def convert(data: bytes) -> Any:
        try:
            return read(data)
        except NO_SUCH_VALUE:
            return _as_it_lies(data)

    return convert


def _as_it_lies(data: bytes) -> Any:
    """Return a number or a text; the driver passes the bytes of both."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def register() -> None:
    """Register them with the driver. Its dates and times work the same without this, except for a warning."""
    for kind, write in {**WRITTEN, Decimal: text_of}.items():
        sqlite3.register_adapter(kind, write)
    for name, read in READ.items():
        sqlite3.register_converter(name, _reader(read))
