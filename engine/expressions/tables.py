"""CSV (RFC 4180) as records, for read(), bodies and streams of records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import zip_longest
from typing import Any

from engine.expressions.errors import NotInFormat

WITHOUT_END = 2**31 - 1
"""Characters of a cell: the limit of a text or a record limits its cells."""
NO_CHARACTERS = frozenset("\r\n\0")
UNCLOSED = "unexpected end of data"
"""The csv module's message for an unclosed quote."""

Row = list[str]


@dataclass(frozen=True)
class Dialect:
    """How CSV is written. The names are those of the options of read() and of a listener's `csv`.

    header: whether the first row has the names of the columns. lenient: whether a row may have more cells than there
    are columns; they are dropped.
    """

    separator: str = ","
    quote: str = '"'
    header: bool = True
    lenient: bool = False

    def objection(self) -> tuple[str, str] | None:
        """Return the invalid option, and the expected value."""
        for name, character in (("separator", self.separator), ("quote", self.quote)):
            if not isinstance(character, str) or len(character) != 1 or character in NO_CHARACTERS:
                return name, "one character"
        for name, choice in (("header", self.header), ("lenient", self.lenient)):
            if not isinstance(choice, bool):
                return name, "true or false"
        return ("quote", "another character than the separator") if self.quote == self.separator else None


@dataclass(frozen=True)
class ExtraCells:
    """A row with more cells than there are columns. record: the record without them."""

    record: dict[str, str]
    cells: int
    columns: int
    line: int

    def __str__(self) -> str:
        return f"a row has {self.cells} cells, but there are {self.columns} columns"


class Table:
    """The records of CSV that comes in texts of whole rows: maps by the names in the first row, otherwise lists.

    check: called with each row before it is converted, also with blank ones. extra: makes the replacement for a row
    with too many cells.
    """

    def __init__(self, dialect: Dialect, check: Callable[[Row], None], extra: Callable[[ExtraCells], Any]) -> None:
        self.dialect = dialect
        self.columns: Row | None = None
        self._check = check
        self._extra = extra
        self._line = 1

    def records(self, text: str) -> Iterator[Any]:
        """Yield the records of a further text; short rows are filled with nulls. Raises NotInFormat."""
        columns, line = self.columns, self._line
        width = len(columns) if columns else 0
        for line, row in self._rows(text):
            if columns:
                if len(row) == width:
                    yield dict(zip(columns, row, strict=True))
                elif len(row) < width:
                    yield dict(zip_longest(columns, row))
                else:
                    yield self._longer(columns, row, line)
            elif self.dialect.header:
                columns = self.columns = _named(row, line)
                width = len(columns)
            else:
                yield row

    def _rows(self, text: str) -> Iterator[tuple[int, Row]]:
        """Yield the rows that are not blank, each with the line in which it begins."""
        import csv  # few flows need it

        csv.field_size_limit(WITHOUT_END)
        style: dict[str, Any] = {"delimiter": self.dialect.separator, "quotechar": self.dialect.quote}
        reader = csv.reader(StringIO(text, newline=""), strict=True, **style)
        before, line, check = self._line, self._line, self._check
        try:
            for row in reader:
                check(row)
                if row:
                    yield line, row
                line = before + reader.line_num
        except csv.Error as error:
            raise NotInFormat(_reason(str(error)), line) from None
        self._line = line

    def _longer(self, columns: Row, row: Row, line: int) -> Any:
        record = dict(zip(columns, row, strict=False))
        if self.dialect.lenient:
            return record
        return self._extra(ExtraCells(record, len(row), len(columns), line))


def _named(row: Row, line: int) -> Row:
    """Return the first row as the names of the columns. Raises NotInFormat for duplicates."""
    if len(set(row)) < len(row):
        raise NotInFormat("a column stands twice in the first row", line)
    return row


def _reason(said: str) -> str:
    if said == UNCLOSED:
        return "a quote is not closed in the row that begins there"
    return "something stands behind the closing quote of a cell in the row that begins there"
