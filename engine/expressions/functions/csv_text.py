"""CSV (RFC 4180) as lists of maps, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.expressions.errors import EvaluationError
from engine.expressions.functions.limits import refuse_long_list, refuse_many_nodes
from engine.expressions.operators import type_name
from engine.expressions.writing import to_text

LONGEST_CELL = 131_072
"""Characters: the csv module's own bound, whatever somebody made of that."""
MOST_COLUMNS = 10_000


def _character(options: Mapping[str, Any], name: str, otherwise: str) -> str:
    character = options.get(name, otherwise)
    if not isinstance(character, str) or len(character) != 1 or character in "\r\n\0":
        raise EvaluationError(f"the option {name} of CSV is one character")
    return character


def _style(options: Mapping[str, Any]) -> dict[str, Any]:
    return {"delimiter": _character(options, "separator", ","), "quotechar": _character(options, "quote", '"')}


def read(text: str, options: Mapping[str, Any]) -> list[Any]:
    import csv
    from io import StringIO

    try:
        rows = list(_rows(csv.reader(StringIO(text, newline=""), strict=True, **_style(options))))
    except csv.Error as error:
        raise ValueError from error
    if options.get("header") is False or not rows:
        return rows
    header, *records = rows
    if len(set(header)) < len(header):
        raise EvaluationError("read() finds a column twice in the first row of CSV")
    return [_record(header, row, number) for number, row in enumerate(records, 2)]


def _rows(reader: Iterable[list[str]]) -> Iterator[list[str]]:
    cells = 0
    for count, row in enumerate(reader):
        cells += len(row)
        refuse_many_nodes(max(count, cells // 4), "read")
        if row:
            yield _row(row)


def _row(cells: list[str]) -> list[str]:
    if len(cells) > MOST_COLUMNS or any(len(cell) > LONGEST_CELL for cell in cells):
        raise EvaluationError(f"read() stops at {MOST_COLUMNS} cells in a row of CSV of {LONGEST_CELL} characters each")
    return cells


def _record(header: list[str], row: list[str], number: int) -> dict[str, str | None]:
    if len(row) > len(header):
        raise EvaluationError(f"read() finds {len(row)} cells in row {number} of CSV, but {len(header)} columns")
    return dict(zip(header, [*row, *[None] * (len(header) - len(row))], strict=True))


def write(value: Any, options: Mapping[str, Any]) -> str:
    import csv
    from io import StringIO

    if type_name(value) != "array":
        raise EvaluationError(f"write() makes CSV of a list of maps or lists, not of {type_name(value)}")
    rows = list(value)
    refuse_long_list(len(rows), "write")
    out = StringIO()
    writer = csv.writer(out, **_style(options))
    columns = list(rows[0]) if rows and isinstance(rows[0], Mapping) else None
    if columns and options.get("header") is not False:
        writer.writerow(columns)
    writer.writerows(_cells(row, columns) for row in rows)
    return out.getvalue()


def _cells(row: Any, columns: list[str] | None) -> list[str]:
    if isinstance(row, Mapping) is (columns is None) or type_name(row) not in ("object", "array"):
        raise EvaluationError("write() makes CSV of maps only, or of lists only")
    return [to_text(cell) for cell in ([row.get(column) for column in columns] if columns is not None else row)]
