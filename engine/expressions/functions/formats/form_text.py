"""Forms (application/x-www-form-urlencoded) as maps, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.expressions.appended import Appended
from engine.expressions.errors import EvaluationError
from engine.expressions.forms import TooMany, read_pairs, write_pairs
from engine.expressions.functions.limits import refuse_large, refuse_many_nodes
from engine.expressions.operators import type_name
from engine.expressions.writing import to_text
from engine.limits import MOST_NODES, MOST_READ_FIELDS


def read(text: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Read the fields of a form; a repeated name becomes a list."""
    refuse_many_nodes(text.count("%"), "read")
    fields: dict[str, Any] = {}
    for name, value in _pairs(text):
        before = fields.get(name)
        if before is None:
            fields[name] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            fields[name] = [before, value]
    return fields


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return read_pairs(text, MOST_READ_FIELDS, "strict")
    except TooMany as error:
        raise EvaluationError(f"read() finds {error} in a form") from None


def write(value: Any, options: Mapping[str, Any]) -> str:
    if not isinstance(value, Mapping):
        raise EvaluationError(f"write() makes a form of a map, not of {type_name(value)}")
    refuse_large(value, MOST_NODES // 2, "write")
    return write_pairs(
        (str(name), to_text(field))
        for name, fields in value.items()
        for field in (fields if isinstance(fields, (list, Appended)) else [fields])
    )
