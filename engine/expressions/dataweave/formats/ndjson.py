"""Newline-delimited JSON: an array, one value a line."""

from __future__ import annotations

from typing import Any

from engine.expressions.dataweave.formats import json_reading, json_writing
from engine.expressions.dataweave.formats.output import Output
from engine.expressions.dataweave.formats.properties import Properties, Values, flag, text
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.objects import is_object
from engine.expressions.errors import NotInFormat
from engine.limits import MOST_NODES

READING = Properties(ignoreEmptyLine=flag(True), encoding=text())
WRITING = Properties(skipNullOn=text(), writeAttributes=flag(False), encoding=text("UTF-8"))
OF_EACH_LINE = {**json_writing.WRITING.defaults(), "indent": False}


def read(content: str, values: Values) -> list[Any]:
    lines = content.split("\n")
    if len(lines) > MOST_NODES:
        raise Failed(f"NDJSON is read with {MOST_NODES} lines at most")
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            if not values["ignoreEmptyLine"] and number < len(lines):
                raise NotInFormat("a line is empty", number)
            continue
        found.append(_read_line(line, number, values))
    return found


def _read_line(line: str, number: int, values: Values) -> Any:
    try:
        return json_reading.read(line, values)
    except NotInFormat as error:
        raise NotInFormat(str(error).rpartition(" (")[0] or str(error), number) from None


def write(value: Any, values: Values) -> str:
    out = Output("NDJSON")
    out.check_length(value)
    of_line = {**OF_EACH_LINE, "skipNullOn": values["skipNullOn"], "writeAttributes": values["writeAttributes"]}
    elements = (
        [value] if is_object(value) or isinstance(value, (str, bytes)) or not hasattr(value, "__iter__") else value
    )
    for each in elements:
        out.put(json_writing.write(each, of_line) + "\n")
    return out.text()
