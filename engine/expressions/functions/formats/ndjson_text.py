"""Newline-delimited JSON as a list of values, and back: one JSON text a line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

from engine.expressions.errors import EvaluationError, NotInFormat
from engine.expressions.functions.limits import refuse_large, refuse_many_nodes
from engine.expressions.operators import type_name
from engine.expressions.reading import json_reader, reason_of
from engine.expressions.writing import check_size, encode_lines
from engine.limits import MOST_NODES, MOST_WRITTEN

LINE = re.compile(r"\S[^\n]*")
"""A line that is not blank."""


def read(text: str, options: Mapping[str, Any]) -> list[Any]:
    read_line = json_reader(text.encode())
    lines = list(islice(LINE.finditer(text), MOST_NODES + 1))
    refuse_many_nodes(len(lines), "read")
    values: list[Any] = []
    for line in lines:
        try:
            values.append(read_line(line[0].encode()))
        except ValueError as error:
            first = text.count("\n", 0, line.start()) + 1
            reason, _, column = reason_of(error)
            raise NotInFormat(f"value {len(values) + 1} is no JSON, {reason}", first, column) from None
    return values


def write(value: Any, options: Mapping[str, Any]) -> str:
    if type_name(value) != "array":
        raise EvaluationError(f"write() makes NDJSON of a list, not of {type_name(value)}")
    refuse_large(value, MOST_WRITTEN, "write")
    check_size(value)
    return encode_lines(list(value)).decode()
