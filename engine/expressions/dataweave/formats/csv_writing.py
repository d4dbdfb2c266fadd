"""Writes CSV: a header of the first row's keys, then each row's values in their order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from engine.expressions.dataweave.formats.output import Output
from engine.expressions.dataweave.formats.properties import Properties, Values, flag, number, text
from engine.expressions.dataweave.formats.scalars import formatted, is_list
from engine.expressions.dataweave.values.errors import Failed, Unfit
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.objects import is_object

WRITING = Properties(
    separator=text(","),
    quote=text('"'),
    escape=text("\\"),
    header=flag(True),
    quoteHeader=flag(False),
    quoteValues=flag(False),
    lineSeparator=text("\n"),
    headerLineNumber=number(0),
    bodyStartLineNumber=number(0),
    ignoreEmptyLine=flag(True),
    encoding=text("UTF-8"),
)


def write(value: Any, values: Values) -> str:
    """Return the text of an array of objects, or of one object, which is one row."""
    rows = _rows(value)
    out, end, separator = Output("CSV"), values["lineSeparator"], values["separator"][:1]
    written = _cell(separator, values["quote"][:1], values["escape"][:1], values["quoteValues"])
    for position, row in enumerate(rows):
        if not is_object(row):
            raise Unfit(f"{kind_of(row)} does not convert to Object, which a row of CSV is")
        if position == 0 and values["header"]:
            out.put(separator.join(_header(row, values)) + end)
        out.put(separator.join([written(each) for each in row.values()]) + end)
    return out.text()


def _rows(value: Any) -> Iterable[Any]:
    if is_object(value):
        return (value,)
    if is_list(value):
        return list(value)
    raise Failed(f"CSV is written of an Array of Objects, not of {kind_of(value)}")


def _header(row: Any, values: Values) -> Iterable[str]:
    quote = values["quote"][:1] if values["quoteHeader"] else ""
    return [f"{quote}{name}{quote}" for name, _ in row.items()]


@lru_cache(maxsize=32)
def _cell(separator: str, quote: str, escape: str, is_quoted: bool) -> Callable[[Any], str]:
    """Return the function that writes a cell."""
    special = quote + escape if is_quoted else f"{separator}{quote}{escape}\r\n"
    pattern = re.compile("([" + re.escape(special) + "])") if special and escape else None

    def written(value: Any) -> str:
        content = value if type(value) is str else "" if value is None else formatted(value)
        if pattern is not None and pattern.search(content):
            content = pattern.sub(lambda found: escape + found[1], content)
        return f"{quote}{content}{quote}" if is_quoted else content

    return written
