"""Values on their way to PostgreSQL and back.

Parameters have a type, which the server infers from the statement. A value of another type is converted, if it is a way
to write such a value: texts are read as the type requires (ISO 8601 for dates and times), whole numbers stored in texts
become texts, lists become arrays, and values for a json or jsonb column become JSON; a text there is JSON already, as
in PostgreSQL. Rows hold numbers, texts, decimals, dates, UUIDs, bytes, lists and the values of JSON columns; values of
all other types (inet, interval, ranges, enumerations) are texts, as PostgreSQL writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg.types import Attribute, Type

from engine import to_text
from engine.connectors import encode, read_iso_8601, read_json
from processors.db._lists import LISTS

Fit = Callable[[Any], Any]

AS_TEXT = (
    "interval", "inet", "cidr", "bit", "varbit", "point", "line", "lseg", "box", "path", "polygon", "circle",
)  # fmt: skip
"""Types for which the driver has classes of its own, which nobody else knows."""


def _misfit(value: Any, wanted: str) -> ValueError:
    return ValueError(f"a value of type {type(value).__name__} is no {wanted}")


def _integer_below(bound: int) -> Fit:
    def integer(value: Any) -> int:
        number = int(value)
        if (number != value and isinstance(value, (float, Decimal))) or not -bound <= number < bound:
            raise _misfit(value, "whole number of this size")
        return number

    return integer


def _decimal(value: Any) -> Decimal:
    return Decimal(repr(value) if isinstance(value, float) else value)


def _boolean(value: Any) -> bool:
    if value in (True, "true", "t"):
        return True
    if value in (False, "false", "f"):
        return False
    raise _misfit(value, "boolean")


def _text(value: Any) -> str:
    if isinstance(value, (bytes, bytearray)):
        raise _misfit(value, "text")
    return to_text(value)


def _bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(memoryview(value))


def _json(value: Any) -> str:
    return str(value) if isinstance(value, str) else encode(value).decode()


def _date(value: Any) -> date:
    if isinstance(value, str):
        value = read_iso_8601(value)
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    raise _misfit(value, "date")


def _moment(value: Any) -> datetime:
    if isinstance(value, str):
        value = read_iso_8601(value)
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    raise _misfit(value, "date and time")


def _local(value: Any) -> datetime:
    moment = _moment(value)
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def _zoned(value: Any) -> datetime:
    moment = _moment(value)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _time(value: Any) -> time:
    return value if isinstance(value, time) else time.fromisoformat(value)


def _uuid(value: Any) -> UUID:
    return UUID(value)


FLOAT: tuple[frozenset[type], Fit] = frozenset({float, int}), float
TEXT: tuple[frozenset[type], Fit] = frozenset({str}), _text
JSON: tuple[frozenset[type], Fit] = frozenset(), _json
ANYTHING: tuple[frozenset[type], Fit] = frozenset(), lambda value: value

FITS: dict[str, tuple[frozenset[type], Fit]] = {
    "int2": (frozenset(), _integer_below(2**15)), "int4": (frozenset(), _integer_below(2**31)),
    "int8": (frozenset(), _integer_below(2**63)),
    "float4": FLOAT, "float8": FLOAT,
    "numeric": (frozenset({Decimal, int}), _decimal),
    "bool": (frozenset({bool}), _boolean),
    "text": TEXT, "varchar": TEXT, "bpchar": TEXT, "name": TEXT, "char": TEXT, "unknown": TEXT, "xml": TEXT,
    **dict.fromkeys(AS_TEXT, TEXT),
    "bytea": (frozenset({bytes}), _bytes),
    "json": JSON, "jsonb": JSON,
    "date": (frozenset({date}), _date),
    "timestamp": (frozenset(), _local),
    "timestamptz": (frozenset(), _zoned),
    "time": (frozenset({time}), _time), "timetz": (frozenset({time}), _time),
    "uuid": (frozenset({UUID}), _uuid),
}  # fmt: skip
"""By the name of a type: the classes whose values the driver takes unchanged, and a converter for others."""


def fit_of(parameter: Type) -> tuple[frozenset[type], Fit]:
    """Return the classes that the driver takes for a parameter, and a function that converts other values or raises."""
    if parameter.kind != "array":
        return FITS.get(parameter.name, ANYTHING)
    known, fit = FITS.get(parameter.name.removesuffix("[]"), ANYTHING)

    def fit_all(value: Any) -> Any:
        if not isinstance(value, LISTS):
            raise _misfit(value, "list")
        return [_fit_item(item) for item in value]

    def _fit_item(item: Any) -> Any:
        if item is None or type(item) in known:
            return item
        return fit_all(item) if isinstance(item, LISTS) and fit is not _json else fit(item)

    return frozenset(), fit_all


def may_nest(parameter: Type) -> bool:
    """Return whether a list or a map may be a value of a parameter: an array, JSON, a row."""
    return parameter.kind != "scalar" or FITS.get(parameter.name) is JSON


def plain_of(column: Attribute) -> Fit | None:
    """Return the function that makes the values of a column plain; None if they are."""
    kind = column.type.kind
    return _plain if kind in ("range", "multirange", "composite") or column.type.name.startswith("record") else None


def _plain(value: Any) -> Any:
    if isinstance(value, asyncpg.Range):
        if value.isempty:
            return "empty"
        ends = "" if value.lower is None else to_text(value.lower), "" if value.upper is None else to_text(value.upper)
        return f"{'[' if value.lower_inc else '('}{ends[0]},{ends[1]}{']' if value.upper_inc else ')'}"
    if isinstance(value, Mapping) or hasattr(value, "items"):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, LISTS):
        return [_plain(each) for each in value]
    return value


async def register(connection: asyncpg.Connection) -> None:
    """Make a connection return JSON as values, and types only the driver knows as texts, without asking the server."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=str, decoder=lambda text: read_json(text.encode())
        )
    for name in AS_TEXT:
        await connection.set_type_codec(name, schema="pg_catalog", encoder=str, decoder=str)
