"""Decimals on SQLite, which has no type for them: a column that declares DECIMAL or NUMERIC makes numbers of them.

Its numbers hold 15 digits, or whole numbers of 64 bits. A decimal that has more would be read back as another one, so
it is refused in such a column; in a column that declares TEXT it stays as it is. For a column that declares a scale,
DECIMAL(10, 2), the digits after the point are restored, which the number has lost: 20.00 and not 20.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from decimal import Context, Decimal
from typing import Any, NamedTuple

from processors.db._places import TOKEN

MOST_DIGITS = 15
"""How many digits of any decimal a float keeps (IEEE 754 binary64)."""

TYPE = re.compile(r"\s*(?:DECIMAL|NUMERIC)\b(?:\s*\(\s*[0-9]+\s*(?:,\s*(?P<scale>[0-9]+)\s*)?\))?", re.IGNORECASE)
WIDE = Context(prec=1_000)
"""In this context a number gets as many digits after its point as any column declares."""

MARK = re.compile(rf"(?P<token>{TOKEN.pattern})|\?", re.VERBOSE | re.DOTALL)
RETURNING_WORD = re.compile(rf"(?P<token>{TOKEN.pattern})|\bRETURNING\b", re.VERBOSE | re.DOTALL | re.IGNORECASE)
RETURNING = re.compile(
    r"\s*(?:INSERT|REPLACE|UPDATE|DELETE)\b(?:\s+OR\s+\w+)?(?:\s+(?:INTO|FROM))?\s+(?P<table>\"[^\"]+\"|[\w.]+)"
    r".*\bRETURNING\b(?P<columns>.+)",
    re.IGNORECASE | re.DOTALL,
)


class Scale(NamedTuple):
    """How many digits a column declares after the point, and the least of them, as 0.01."""

    digits: int
    least: Decimal


Scales = dict[str, Scale]
"""By the names of columns."""


class LongDecimal(ValueError):
    """A decimal that SQLite has no number for: its column is checked before it is bound."""


class RoundedDecimal(ValueError):
    """A decimal that a column would round."""


def text_of(value: Decimal) -> str:
    """Return a decimal as it is bound. Raise LongDecimal for one that no number of SQLite holds."""
    text = str(value)
    if (len(text) <= MOST_DIGITS and "E" not in text) or _is_number(value):
        return text
    raise LongDecimal(text)


def _is_number(value: Decimal) -> bool:
    if not value.is_finite() or (value == value.to_integral_value() and -(2**63) <= value < 2**63):
        return True
    digits = "".join(map(str, value.as_tuple().digits)).strip("0")
    return len(digits) <= MOST_DIGITS and -300 < value.adjusted() < 300


def exact(connection: sqlite3.Connection, sql: str, values: Sequence[Any]) -> list[Any]:
    """Return the values of a statement with its decimals as texts. Raise RoundedDecimal if a column would round one."""
    texts = [str(value) if isinstance(value, Decimal) else value for value in values]
    columns = _decimals_written(connection, sql, texts)
    rounded = {_rounded(value) for value in values if isinstance(value, Decimal) and not _is_number(value)}
    if columns and any(_rounded(value) in rounded for value in _tried(connection, sql, texts, columns)):
        described = f"a decimal of more than {MOST_DIGITS} digits, which a column declared DECIMAL or NUMERIC rounds"
        raise RoundedDecimal(f"{described}; one declared TEXT keeps it")
    return texts


def _rounded(value: Any) -> str:
    """Return a number with the digits that SQLite keeps of it; empty for anything else."""
    return f"{float(value):.{MOST_DIGITS}g}" if isinstance(value, (int, float, Decimal)) else ""


def _tried(connection: sqlite3.Connection, sql: str, values: Sequence[Any], columns: Sequence[str]) -> list[Any]:
    """Return the values a statement would write into some columns: it is run and undone. Raise its errors."""
    names = ", ".join(f'"{column}"' for column in columns)
    connection.execute("SAVEPOINT engine_trial")
    try:
        rows = connection.execute(f"{_without_returning(sql)}\nRETURNING {names}", values).fetchall()
    finally:
        if connection.in_transaction:  # `OR ROLLBACK` may have ended it
            connection.execute("ROLLBACK TO engine_trial")
            connection.execute("RELEASE engine_trial")
    return [value for row in rows for value in row]


def _decimals_written(connection: sqlite3.Connection, sql: str, values: Sequence[Any]) -> list[str]:
    """Return the columns declared DECIMAL or NUMERIC that a statement writes: for an INSERT all of the table."""
    written: set[tuple[str, str | None]] = set()

    def note(action: int, table: str | None, column: str | None, schema: str | None, trigger: str | None) -> int:
        if table and not trigger and action in (sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE):
            written.add((table, column))
        return sqlite3.SQLITE_OK

    connection.set_authorizer(note)
    try:
        connection.execute(f"EXPLAIN {sql}", values)
    finally:
        connection.set_authorizer(None)
    return [
        name
        for table, column in written
        for name, kind in connection.execute("SELECT name, type FROM pragma_table_info(?)", (table,))
        if column in (None, name) and TYPE.match(kind)
    ]


def _without_returning(sql: str) -> str:
    starts = (match.start() for match in RETURNING_WORD.finditer(sql) if not match["token"])
    return sql[: next(starts, None)].rstrip().rstrip(";")


class Decimals:
    """The scales that statements' columns declare, looked up when a statement is first read.

    plain: the statements none of whose columns declares one.
    """

    def __init__(self) -> None:
        self.plain: set[str] = set()
        self._scales: dict[str, Scales] = {}

    def complete(
        self, connection: sqlite3.Connection, sql: str, names: Sequence[str], rows: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Return the rows of a statement, their decimals with the digits that their columns declare."""
        scales = self._scales.get(sql)
        if scales is None:
            scales = self._scales[sql] = _scales_of(connection, sql, names)
            self.plain |= set() if scales else {sql}
        for name, scale in scales.items():
            for row in rows:
                if type(row[name]) is Decimal:
                    row[name] = _with_scale(row[name], scale)
        return rows


def _with_scale(value: Decimal, scale: Scale) -> Decimal:
    """Return the decimal with zeros at its end, if it has fewer digits after its point; none is taken away."""
    exponent = value.as_tuple().exponent
    is_short = isinstance(exponent, int) and exponent > -scale.digits
    return value.quantize(scale.least, context=WIDE) if is_short else value


def _scales_of(connection: sqlite3.Connection, sql: str, names: Sequence[str]) -> Scales:
    """Read the declarations of columns from a view, which knows them and exists for this query only."""
    with suppress(sqlite3.Error):
        connection.execute(f"CREATE TEMP VIEW engine_columns AS {_query_of(sql)}")
        try:
            kinds = [row[2] for row in connection.execute("PRAGMA temp.table_info(engine_columns)")]
        finally:
            connection.execute("DROP VIEW temp.engine_columns")
        found = [(name, TYPE.match(kind or "")) for name, kind in zip(names, kinds, strict=True)]
        return {name: _scale(int(kind["scale"])) for name, kind in found if kind and kind["scale"]}
    return {}


def _scale(digits: int) -> Scale:
    return Scale(digits, Decimal(1).scaleb(-digits))


def _query_of(sql: str) -> str:
    """Return a query with the columns of the statement, and without parameters."""
    plain = MARK.sub(lambda match: match["token"] or "NULL", sql).rstrip().rstrip(";")
    returning = RETURNING.fullmatch(plain)
    return f"SELECT {returning['columns']} FROM {returning['table']}" if returning else plain  # noqa: S608  # no value
