"""The items of a loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from engine import Condition, Event, Expression, FlowError, Message, Mistake, Stream
from engine.connectors import EXPRESSION, NOTHING, Appended, Constant, Held, MapOf, Reader, Unreadable, is_number, typed

LISTS = (list, tuple, Appended)
CARRIERS = frozenset({Message, Unreadable})
"""Items that carry the event that enters the steps."""


class Collection(Expression):
    """An expression whose value is a list, or null; any other literal is refused when the flow is loaded."""

    __slots__ = ()
    schema = typed("string", "array", "null")

    def _check(self, held: Held, written: Any, reader: Reader) -> Held:
        literal = {} if isinstance(held, MapOf) else held.value if isinstance(held, Constant) else None
        if literal is not None and not isinstance(literal, LISTS):
            reader.mistakes.append(Mistake("F303", _kind(literal), "an expression that gives a list"))
        return held


def carried(item: Message | Unreadable) -> tuple[Any, Any]:
    """Return the payload and the attributes of an item that carries them."""
    return (item.value, NOTHING) if isinstance(item, Unreadable) else (item.payload, item.attributes)


class Portions:
    """The items of a list or of a stream, as they come, for one pass.

    size: how many items of a stream come together; all that there are, if left out. all_items: whether items of a
    stream that cannot be read are included.
    """

    def __init__(self, items: Sequence[Any] | Stream, size: int | None = None, *, all_items: bool = False) -> None:
        self._stream = items if isinstance(items, Stream) else None
        self._portions: Any = items.portions(size, all_items=all_items) if isinstance(items, Stream) else _whole(items)
        self.may_be_unreadable = self._stream is not None and all_items
        """Whether there may be items that cannot be read."""

    def __aiter__(self) -> AsyncIterator[Sequence[Any]]:
        portions: AsyncIterator[Sequence[Any]] = self._portions
        return portions

    async def leave(self) -> None:
        """Release items that are not gone through: a stream may hold a connection."""
        await self._portions.aclose()
        if self._stream is not None:
            await self._stream.close()


async def _whole(items: Sequence[Any]) -> AsyncIterator[Sequence[Any]]:
    """Yield a list as the only portion."""
    if items:
        yield items


def holds_after(condition: Condition, left: Event) -> bool:
    """Return whether a condition holds after an item; an error in it carries the event that the item left."""
    try:
        holds: bool = condition.evaluate(left)
    except FlowError as failure:
        failure.event = failure.event or left
        raise
    return holds


def items_of(collection: Expression, event: Event, element: str) -> Sequence[Any]:
    """Return the items of the collection for this event; null has none. Raise MULE:EXPRESSION if it is not a list."""
    return checked_items(collection.evaluate(event), element)


def checked_items(value: Any, element: str) -> Sequence[Any]:
    """Return the value, which must be a list; null is an empty one. Raise MULE:EXPRESSION otherwise."""
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
