"""Newline-delimited JSON as a list of values, and back: one JSON text a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.expressions.errors import EvaluationError
from engine.expressions.functions import json_text
from engine.expressions.functions.limits import refuse_many_nodes
from engine.expressions.operators import type_name
from engine.expressions.writing import encode


def read(text: str, options: Mapping[str, Any]) -> list[Any]:
    lines = [line for line in text.splitlines() if line.strip()]
    refuse_many_nodes(len(lines), "read")
    return [json_text.read(line, options) for line in lines]


def write(value: Any, options: Mapping[str, Any]) -> str:
    if type_name(value) != "array":
        raise EvaluationError(f"write() makes NDJSON of a list, not of {type_name(value)}")
    return "".join(f"{encode(each).decode()}\n" for each in value)
