"""What a loop goes through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine import EXPRESSION, Appended, Event, Expression, FlowError, Mistake, Reader, is_number

LISTS = (list, tuple, Appended)


class Collection(Expression):
    """An expression that gives a list, or null; a literal that is something else is refused when the flow is loaded."""

    __slots__ = ()

    def _check(self, tree: dict[str, Any], value: Any, reader: Reader) -> dict[str, Any]:
        literal = {} if tree["type"] == "map" else tree["value"] if tree["type"] == "literal" else None
        if literal is not None and not isinstance(literal, LISTS) and not reader.mistakes:
            reader.mistakes.append(Mistake("F303", _kind(literal), "an expression that gives a list"))
        return tree


def items_of(collection: Expression, event: Event, element: str) -> Sequence[Any]:
    """The items that the collection gives for this event; null has none. Raises MULE:EXPRESSION for no list."""
    return checked_items(collection.evaluate(event), element)


def checked_items(value: Any, element: str) -> Sequence[Any]:
    """The value, which must be a list; null is an empty one. Raises MULE:EXPRESSION."""
    if value is None:
        return ()
    if not isinstance(value, LISTS):
        hint = "; values(…) gives the values of a map" if isinstance(value, Mapping) else ""
        raise FlowError(EXPRESSION, f"{element} goes through a list, not {_kind(value)}{hint}")
    return value


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a map"
    if isinstance(value, bool):
        return "true or false"
    return "a text" if isinstance(value, str) else "a number" if is_number(value) else f"a {type(value).__name__}"
