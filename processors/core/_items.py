"""What a loop goes through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine import EXPRESSION, Appended, Event, Expression, FlowError, is_number


def items_of(collection: Expression, event: Event, element: str) -> Sequence[Any]:
    """The items that the collection gives for this event; null has none. Raises MULE:EXPRESSION for no list."""
    return checked_items(collection.evaluate(event), element)


def checked_items(value: Any, element: str) -> Sequence[Any]:
    """The value, which must be a list; null is an empty one. Raises MULE:EXPRESSION."""
    if value is None:
        return ()
    if not isinstance(value, (list, tuple, Appended)):
        hint = "; values(…) gives the values of a map" if isinstance(value, Mapping) else ""
        raise FlowError(EXPRESSION, f"{element} goes through a list, not {_kind(value)}{hint}")
    return value


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a map"
    if isinstance(value, bool):
        return "true or false"
    return "a text" if isinstance(value, str) else "a number" if is_number(value) else f"a {type(value).__name__}"
