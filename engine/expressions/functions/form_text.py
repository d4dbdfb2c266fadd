"""Forms (application/x-www-form-urlencoded) as maps, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.expressions.errors import EvaluationError
from engine.expressions.functions.limits import refuse_many_nodes
from engine.expressions.operators import type_name
from engine.expressions.writing import to_text

MOST_FIELDS = 10_000


def read(text: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a form; of a name that stands several times, a list."""
    from urllib.parse import parse_qsl

    refuse_many_nodes(text.count("%"), "read")
    fields: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS):
        before = fields.get(name)
        if before is None:
            fields[name] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            fields[name] = [before, value]
    return fields


def write(value: Any, options: Mapping[str, Any]) -> str:
    from urllib.parse import urlencode

    if not isinstance(value, Mapping):
        raise EvaluationError(f"write() makes a form of a map, not of {type_name(value)}")
    lists = {name: field if isinstance(field, list) else [field] for name, field in value.items()}
    return urlencode([(name, to_text(field)) for name, fields in lists.items() for field in fields])
