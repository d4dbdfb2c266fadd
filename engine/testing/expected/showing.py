"""Values for people, in the reports of tests."""

from __future__ import annotations

from typing import Any

import yaml

from engine.expressions.appended import settle
from engine.values.event import Message
from engine.values.fields import Fields

LONGEST = 200
"""Characters of a value in one line."""


def in_line(value: Any) -> str:
    """Return a value in one line, as YAML has it."""
    text: str = yaml.safe_dump(
        plain(value), allow_unicode=True, sort_keys=False, default_flow_style=True, width=float("inf")
    )
    text = text.removesuffix("...\n").strip()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def plain(value: Any) -> Any:
    """Return a value in types that YAML can write."""
    value = settle(value)
    if isinstance(value, Message):
        return plain(value.payload)
    if hasattr(value, "items") and not isinstance(value, Fields):  # of an error its text is shown
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value if type(value) in (str, int, float, bool, bytes, type(None)) else str(value)
