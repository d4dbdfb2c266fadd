"""Streams: values that come one after another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextvars import ContextVar
from typing import Any, NoReturn, Protocol

from engine.values.errors import EXPRESSION, FlowError
from engine.values.refusal import Refusal


class Portions(Protocol):
    """An async generator of lists of values."""

    def __aiter__(self) -> AsyncIterator[list[Any]]: ...

    async def aclose(self) -> None: ...


class Unreadable:
    """An item of a stream that could not be read. value: the readable part; detail: the reason, for the caller."""

    __slots__ = ("detail", "value")

    def __init__(self, value: Any, detail: str) -> None:
        self.value = value
        self.detail = detail

    def refuse(self) -> NoReturn:
        """Raise its failure, in place of the item."""
        raise Refusal(400, "HTTP:BAD_REQUEST", self.detail, is_early=True)


class Stream:
    """Values that are made, or arrive, while they are read, such as the records of a large body. Can be read once.

    It passes through variables and payloads like any value. foreach iterates over it, and as the payload of an answer
    it is sent as it comes. Expressions do not look inside.

    portions: the values in lists of any length above 0, so that the overhead for each value is small.
    """

    __slots__ = ("_is_closed", "_is_read", "_portions", "is_at_end")

    def __init__(self, portions: Portions) -> None:
        self._portions = portions
        self._is_read = self._is_closed = False
        self.is_at_end = False
        """Whether all of it was read."""

    async def portions(self, size: int | None = None, *, all_items: bool = False) -> AsyncIterator[list[Any]]:
        """Yield the values in lists as they come, or in lists of this size. Raises MULE:EXPRESSION when read again.

        all_items: whether unreadable items are included, as Unreadable; otherwise the first one's failure is raised.
        """
        if self._is_read or self._is_closed:
            raise FlowError(EXPRESSION, "a stream can be read once only, and before its flow ends")
        self._is_read = True
        read = self._portions if all_items else _readable(self._portions)
        async for portion in read if size is None else _of_size(read, size):
            yield portion
        if self._is_closed:
            raise FlowError(EXPRESSION, "a stream was still read when its flow ended")
        self.is_at_end = True

    async def close(self) -> None:
        """Release the part that was not read."""
        self._is_closed = not self.is_at_end
        await self._portions.aclose()

    def close_with_flow(self) -> None:
        """Have it closed when the flow is done with the source's event, even if it was not read to its end."""
        opened = OPENED.get()
        if opened is not None:
            opened.append(self)

    def to_json(self) -> Any:
        raise NotImplementedError("a stream is written as a whole payload only")


OPENED: ContextVar[list[Stream] | None] = ContextVar("opened", default=None)
"""The streams to close when the flow of this task ends; None if a flow is run from Python."""


async def _readable(portions: Portions) -> AsyncIterator[list[Any]]:
    """Yield the values up to the first one that cannot be read."""
    async for portion in portions:
        if Unreadable not in map(type, portion):
            yield portion
            continue
        number = next(number for number, value in enumerate(portion) if type(value) is Unreadable)
        if number:
            yield portion[:number]
        portion[number].refuse()


async def _of_size(portions: AsyncIterator[list[Any]] | Portions, size: int) -> AsyncIterator[list[Any]]:
    rest: list[Any] = []
    async for portion in portions:
        rest += portion
        whole = len(rest) - len(rest) % size
        for start in range(0, whole, size):
            yield rest[start : start + size]
        rest = rest[whole:]
    if rest:
        yield rest
