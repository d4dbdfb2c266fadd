"""Reads JSON: numbers are exact, keys that repeat are kept."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn

from engine.expressions.dataweave.formats.properties import Properties, Values, text
from engine.expressions.dataweave.values.objects import AnyObject, object_of
from engine.expressions.errors import NotInFormat
from engine.expressions.reading import TWICE, check_json, exact_json, reason_of

READING = Properties(encoding=text())


def read(content: str, values: Values) -> Any:
    """Return the value of a JSON text. Raise NotInFormat, or EvaluationError if it holds too much."""
    return read_bytes(content.encode("utf-8", "surrogatepass"))


def read_bytes(content: bytes) -> Any:
    """Return the value of a JSON text in UTF-8. Raises like `read`."""
    try:
        return exact_json(content)
    except ValueError as error:
        if not str(error).startswith(TWICE):
            raise NotInFormat(*reason_of(error)) from None
    return _with_repeated_keys(content)


def _with_repeated_keys(content: bytes) -> Any:
    try:
        check_json(content)
    except ValueError as error:
        raise NotInFormat(*reason_of(error)) from None
    return json.loads(content, object_pairs_hook=_object, parse_float=Decimal, parse_constant=_refuse)


def _object(entries: list[tuple[str, Any]]) -> AnyObject:
    return object_of(entries)


def _refuse(text: str) -> NoReturn:
    raise NotInFormat("a number is no number of JSON")
