"""CSV (RFC 4180) as lists of maps, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.expressions.errors import EvaluationError, NotInFormat
from engine.expressions.functions.limits import refuse_long_list, refuse_many_nodes, refuse_past
from engine.expressions.operators import type_name
from engine.expressions.tables import Dialect, ExtraCells, Row, Table
from engine.expressions.writing import TooLarge, to_text
from engine.limits import LARGEST_CSV, MOST_NODES, MOST_READ_COLUMNS

AS_THEY_ARE = frozenset({str, int, type(None)})
"""Values that the csv module writes as `to_text` does."""
LEAST_CELLS = 4
"""The least number of cells that a row costs."""
CELLS = 4
"""How many cells cost as much as another value."""

OPTIONS = ("separator", "quote", "header", "lenient", "encoding")
"""The options of read() and write(); write() ignores the last two."""


def _dialect(options: Mapping[str, Any]) -> Dialect:
    if not set(options) <= set(OPTIONS):
        raise EvaluationError(f"the options of CSV are {', '.join(OPTIONS)}")
    dialect = Dialect(**{name: value for name, value in options.items() if name != "encoding"})
    if objection := dialect.objection():
        raise EvaluationError(f"the option {objection[0]} of CSV is {objection[1]}")
    return dialect


def read(text: str, options: Mapping[str, Any], dialect: Dialect | None = None) -> list[Any]:
    dialect = dialect or _dialect(options)
    refuse_many_nodes(text.count(dialect.separator) // CELLS, "read")
    counted = _Counted(dialect)
    return list(Table(dialect, counted.check, counted.refuse).records(text))


class _Counted:
    """Counts rows and cells; a row that is shorter than the first, which names the columns, counts as long as that."""

    def __init__(self, dialect: Dialect) -> None:
        self._is_named = dialect.header
        self._rows = self._cells = self._width = 0

    def check(self, row: Row) -> None:
        length = len(row)
        self._rows += 1
        self._cells += max(length, self._width)
        if self._rows > MOST_NODES + 1 or self._cells > CELLS * MOST_NODES:
            refuse_many_nodes(MOST_NODES + 1, "read")
        if length > MOST_READ_COLUMNS:
            refuse_past(MOST_READ_COLUMNS, length, "read", "cells in a row of CSV")
        if self._is_named and not self._width:
            self._width = length

    def refuse(self, row: ExtraCells) -> None:
        raise NotInFormat(str(row), row.line)


def write(value: Any, options: Mapping[str, Any]) -> str:
    import csv
    from io import StringIO

    if type_name(value) != "array":
        raise EvaluationError(f"write() makes CSV of a list of maps or lists, not of {type_name(value)}")
    rows, dialect = list(value), _dialect(options)
    refuse_long_list(len(rows), "write")
    out = StringIO()
    writer = csv.writer(out, delimiter=dialect.separator, quotechar=dialect.quote)
    columns = _columns(rows) if rows and isinstance(rows[0], Mapping) else None
    if columns and dialect.header:
        writer.writerow(columns)
    count = 0
    for row in rows:
        cells = _cells(row, columns)
        writer.writerow(cells)
        count += max(len(cells), LEAST_CELLS)
        if count > CELLS * MOST_NODES or out.tell() > LARGEST_CSV:
            raise TooLarge(LARGEST_CSV, f"characters of CSV and {CELLS * MOST_NODES} cells")
    return out.getvalue()


def _columns(rows: list[Any]) -> list[str]:
    """Return the keys of all maps, in the order in which they first occur."""
    columns: dict[str, None] = {}
    for row in rows:
        if isinstance(row, Mapping) and not columns.keys() >= row.keys():
            columns.update(dict.fromkeys(row))
    return list(columns)


def _cells(row: Any, columns: list[str] | None) -> list[Any]:
    if isinstance(row, Mapping) is (columns is None) or type_name(row) not in ("object", "array"):
        raise EvaluationError("write() makes CSV of maps only, or of lists only")
    cells = [row.get(column) for column in columns] if columns is not None else row
    return [cell if type(cell) in AS_THEY_ARE else to_text(cell) for cell in cells]
