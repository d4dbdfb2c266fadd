"""Reads CSV: each row is an object of texts, by the names in the header.

The escape is `\\` by default: `y\\,z` is one cell, `""` is no quote within quotes unless the escape is a quote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from engine.expressions.dataweave.formats.properties import Properties, Values, flag, number, text
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.objects import AnyObject, object_of
from engine.limits import MOST_NODES, MOST_READ_COLUMNS

READING = Properties(
    separator=text(","),
    quote=text('"'),
    escape=text("\\"),
    header=flag(True),
    headerLineNumber=number(0),
    bodyStartLineNumber=number(0),
    ignoreEmptyLine=flag(True),
    encoding=text(),
)
LINE_END = re.compile(r"\r\n|\n|\r")
CELLS = 4
"""How many cells cost as much as another value."""

Row = list[str]


def read(content: str, values: Values) -> list[Any]:
    """Return an array of objects. Raise Failed for too many rows or cells."""
    separator, quote, escape = (_sign(name, values[name]) for name in ("separator", "quote", "escape"))
    table = _Table(content, separator, quote, escape, values["ignoreEmptyLine"])
    header = max(values["headerLineNumber"], 1)
    first = values["bodyStartLineNumber"]
    columns = None
    if values["header"]:
        table.skip(header - 1)
        columns = next(table.rows(), None)
        if columns is None:
            return []
        first -= header
    table.skip(first - 1)
    return _records(table.rows(), columns)


def _sign(name: str, value: str) -> str:
    if not value and name == "separator":
        raise Failed("the property separator of CSV is one character")
    return value[:1]


def _records(rows: Iterator[Row], columns: Row | None) -> list[Any]:
    if columns is None:
        return [_record(_names([], len(row)), row) for row in rows]
    width, is_plain = len(columns), len(set(columns)) == len(columns)
    found: list[Any] = []
    for row in rows:
        if len(row) <= width and is_plain:
            found.append(dict(zip(columns, row, strict=False)))
        else:
            found.append(_record(_names(columns, len(row)), row))
    return found


def _names(columns: Row, count: int) -> Row:
    """Return the names of so many columns; those that have none in the header are numbered."""
    return [*columns, *(f"column_{position}" for position in range(len(columns), count))]


def _record(names: Row, row: Row) -> AnyObject:
    return object_of(zip(names, row, strict=False))


class _Table:
    """The rows of a text, from a place on."""

    def __init__(self, content: str, separator: str, quote: str, escape: str, ignores_empty: bool) -> None:
        self._content = content
        self._place = 0
        self._separator = separator
        self._ignores_empty = ignores_empty
        self._is_simple = not (quote and quote in content) and not (escape and escape in content)
        self._cell = _cells(separator, quote, escape)

    def skip(self, lines: int) -> None:
        """Pass over some lines, as written."""
        if lines > 0:
            for end in islice(LINE_END.finditer(self._content, self._place), lines):
                self._place, lines = end.end(), lines - 1
            if lines:
                self._place = len(self._content)

    def rows(self) -> Iterator[Row]:
        """Yield the rows that follow; after each, `skip` begins behind it."""
        count = cells = 0
        for row in self._simple() if self._is_simple else self._quoted():
            if self._ignores_empty and len(row) == 1 and not row[0].strip():
                continue
            count, cells = count + 1, cells + len(row)
            if count > MOST_NODES or cells > CELLS * MOST_NODES or len(row) > MOST_READ_COLUMNS:
                raise Failed(f"CSV is read with {MOST_NODES} rows and {MOST_READ_COLUMNS} columns at most")
            yield row

    def _simple(self) -> Iterator[Row]:
        """Yield the rows of a text without quotes and escapes."""
        separator, start = self._separator, self._place
        for end in LINE_END.finditer(self._content, start):
            line, start = self._content[start : end.start()], end.end()
            self._place = start
            yield line.split(separator)
        if start < len(self._content):
            self._place = len(self._content)
            yield self._content[start:].split(separator)

    def _quoted(self) -> Iterator[Row]:
        cell, length = self._cell, len(self._content)
        while self._place < length:
            row: Row = []
            is_open = True
            while is_open:
                content, self._place, is_open = cell(self._content, self._place)
                row.append(content)
            yield row


@lru_cache(maxsize=32)
def _cells(separator: str, quote: str, escape: str) -> Any:
    """Return the function that reads a cell: its text, where the next one begins, and whether that is in its row."""
    end = rf"({re.escape(separator)}|\r\n|\n|\r|\Z)"
    outside = _sequence(separator + "\r\n", "" if escape == quote else escape)
    inside, closing = _sequence(quote, escape, escape == quote), re.escape(quote)
    behind = rf"[^\r\n{_in_set(separator)}]*"
    is_quoted = re.compile(rf"[ \t]*{closing}({inside})(?:{closing}|\Z){behind}{end}")
    is_plain = re.compile(rf"({outside}){end}")
    unescaped = _escaped(escape, r"\r\n|", r"\r\n" + _in_set(separator + quote + escape))
    in_quotes = _escaped(escape, "", _in_set(quote + escape))

    def read_cell(content: str, place: int) -> tuple[str, int, bool]:
        found = is_quoted.match(content, place) if quote else None
        escapes = in_quotes if found else None if escape == quote else unescaped
        found = found or is_plain.match(content, place)
        assert found is not None  # it matches the empty text
        cell = found[1]
        if escapes is not None and escape in cell:
            cell = escapes.sub(r"\1", cell)
        return cell, found.end(), found[2] == separator

    return read_cell


def _escaped(escape: str, other: str, signs: str) -> re.Pattern[str] | None:
    """Return the pattern of an escape and what it stands before; None if there are no escapes."""
    return re.compile(rf"{re.escape(escape)}({other}[{signs}])") if escape else None


def _sequence(ends: str, escape: str, is_doubled: bool = False) -> str:
    """Return the pattern of a text up to one of these signs, unless an escape stands in front of it."""
    if is_doubled:
        return rf"[^{_in_set(ends)}]*(?:{re.escape(ends * 2)}[^{_in_set(ends)}]*)*"
    if not escape:
        return rf"[^{_in_set(ends)}]*"
    plain = rf"[^{_in_set(ends + escape)}]*"
    return rf"{plain}(?:{re.escape(escape)}(?:\r\n|[\s\S]|\Z){plain})*"


def _in_set(signs: str) -> str:
    return "".join(f"\\x{ord(sign):02x}" if ord(sign) < 256 else re.escape(sign) for sign in signs)
