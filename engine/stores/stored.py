"""The values of stores as bytes, and sums of them."""

from __future__ import annotations

from typing import Any

from msgspec import DecodeError

from engine.expressions.errors import EvaluationError
from engine.expressions.operators import add
from engine.stores.store import INVALID_VALUE
from engine.values.errors import FlowError
from engine.values.stored_values import NotSerialisable, restore, serialise


def data_of(value: Any) -> bytes:
    """Return a value as bytes. Raises OS:INVALID_VALUE."""
    try:
        return serialise(value)
    except NotSerialisable as error:
        detail = str(error)
        raise FlowError(INVALID_VALUE, "a value cannot be stored", detailed_description=detail, cause=error) from error


def value_of(data: bytes) -> Any:
    """Return the value of bytes. Raises OS:INVALID_VALUE."""
    try:
        return restore(data)
    except (DecodeError, KeyError, ValueError) as error:
        detail = f"what was stored cannot be read: {error}"
        raise FlowError(INVALID_VALUE, "a stored value cannot be read", detailed_description=detail) from error


def total_of(data: bytes | None, by: Any) -> Any:
    """Return the sum of a stored number (None: 0) and another one. Raises OS:INVALID_VALUE."""
    value = 0 if data is None else value_of(data)
    try:
        return add(value, by)
    except EvaluationError as error:
        raise FlowError(INVALID_VALUE, "only a number can be incremented", detailed_description=str(error)) from error
