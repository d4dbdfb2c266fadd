"""JSON (RFC 8259) as values, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.expressions.writing import encode


def read(text: str, options: Mapping[str, Any]) -> Any:
    """The value of a JSON text (RFC 8259); keys that stand twice and more than 200 levels are refused."""
    from jiter import from_json

    return from_json(text.encode(), allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys")


def write(value: Any, options: Mapping[str, Any]) -> str:
    from msgspec.json import format as indented

    text = encode(value)
    return (indented(text, indent=2) if options.get("indent") is True else text).decode()
