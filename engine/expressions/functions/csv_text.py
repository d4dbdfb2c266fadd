"""CSV (RFC 4180) as lists of maps, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

from engine.expressions.errors import EvaluationError
from engine.expressions.functions.limits import refuse_long_list, refuse_many_nodes
from engine.expressions.operators import type_name
from engine.expressions.writing import TooLarge, to_text
from engine.limits import LARGEST_CSV, LONGEST_CELL, MOST_NODES, MOST_READ_COLUMNS

AS_THEY_ARE = frozenset({str, int, type(None)})
"""What the csv module writes as `to_text` does."""
LEAST_CELLS = 4
"""How many cells a row costs as much as at least."""
CELLS = 4
"""How many cells cost as much as another value."""
FIELD_TOO_LONG = "field larger than"
"""What the csv module says of a cell beyond its own bound, which is ours."""


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

    style, is_named = _style(options), options.get("header") is not False
    refuse_many_nodes(text.count(style["delimiter"]) // CELLS, "read")
    try:
        rows = list(_rows(csv.reader(StringIO(text, newline=""), strict=True, **style), is_named))
    except csv.Error as error:
        if FIELD_TOO_LONG in str(error):
            raise _too_wide() from None
        raise ValueError from error
    if not is_named or not rows:
        return rows
    header, *records = rows
    if len(set(header)) < len(header):
        raise EvaluationError("read() finds a column twice in the first row of CSV")
    width = len(header)
    return [
        dict(zip(header, row, strict=True)) if len(row) == width else _record(header, row, number)
        for number, row in enumerate(records, 2)
    ]


def _rows(reader: Iterable[list[str]], is_named: bool) -> Iterator[list[str]]:
    """The rows that are not empty; one that is shorter than the first, whose names it has, counts as long as that."""
    cells = width = 0
    for count, row in enumerate(reader):
        length = len(row)
        cells += length if length > width else width
        if count > MOST_NODES or cells > CELLS * MOST_NODES:
            refuse_many_nodes(MOST_NODES + 1, "read")
        if row:
            if length > MOST_READ_COLUMNS or max(map(len, row)) > LONGEST_CELL:
                raise _too_wide()
            if is_named and not width:
                width = length
            yield row


def _too_wide() -> EvaluationError:
    return EvaluationError(
        f"read() stops at {MOST_READ_COLUMNS} cells in a row of CSV of {LONGEST_CELL} characters each"
    )


def _record(header: list[str], row: list[str], number: int) -> dict[str, str | None]:
    if len(row) > len(header):
        raise EvaluationError(f"read() finds {len(row)} cells in row {number} of CSV, but {len(header)} columns")
    return dict(zip_longest(header, row))


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
    count = 0
    for row in rows:
        cells = _cells(row, columns)
        writer.writerow(cells)
        count += max(len(cells), LEAST_CELLS)
        if count > CELLS * MOST_NODES or out.tell() > LARGEST_CSV:
            raise TooLarge(LARGEST_CSV, f"characters of CSV and {CELLS * MOST_NODES} cells")
    return out.getvalue()


def _cells(row: Any, columns: list[str] | None) -> list[Any]:
    if isinstance(row, Mapping) is (columns is None) or type_name(row) not in ("object", "array"):
        raise EvaluationError("write() makes CSV of maps only, or of lists only")
    cells = [row.get(column) for column in columns] if columns is not None else row
    return [cell if type(cell) in AS_THEY_ARE else to_text(cell) for cell in cells]
