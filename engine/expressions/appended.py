"""Lists that grow by `append` at constant cost, and are still immutable values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, overload

from engine.expressions.budget import spend
from engine.limits import DEEPEST

PER_ELEMENT = 2
"""Steps to copy an element."""


class Appended(Sequence[Any]):
    """The first `length` elements of a buffer that later versions of the list share.

    `append` costs the same for the last record as for the first: the newest version writes behind
    its end and hands out a new version. An older version keeps its length, so it never sees the new
    element; appended to again, it copies. Nothing hands the buffer itself out.
    """

    __slots__ = ("_buffer", "_length")

    def __init__(self, elements: Sequence[Any]) -> None:
        self._buffer = list(elements)
        self._length = len(self._buffer)

    def append(self, element: Any) -> Appended:
        """Return a list with one more element; this one does not change."""
        buffer, length = self._buffer, self._length
        if len(buffer) != length:
            return self._copy().append(element)
        buffer.append(element)
        longer = _new(Appended)
        longer._buffer = buffer
        longer._length = length + 1
        return longer

    def extend(self, elements: Iterable[Any]) -> Appended:
        """Return a list with more elements; this one does not change."""
        buffer, length = self._buffer, self._length
        if len(buffer) != length:
            return self._copy().extend(elements)
        buffer.extend(elements)
        longer = _new(Appended)
        longer._buffer = buffer
        longer._length = len(buffer)
        return longer

    def _copy(self) -> Appended:
        """Return a copy that can grow: other lists share and have extended this one's buffer."""
        spend(PER_ELEMENT * self._length, "append()")
        return Appended(self._buffer[: self._length])

    def to_list(self) -> list[Any]:
        return self._buffer[: self._length]

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self.to_list()[index]
        if not -self._length <= index < self._length:
            raise IndexError("list index out of range")
        return self._buffer[index if index >= 0 else index + self._length]

    def __iter__(self) -> Iterator[Any]:
        return islice(self._buffer, self._length)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Appended):
            return self.to_list() == other.to_list()
        return self.to_list() == other if isinstance(other, list) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # a list is not a key

    def __repr__(self) -> str:
        return repr(self.to_list())


_new = Appended.__new__


def settle(value: Any) -> Any:
    """Return the value with Python's own lists, for code that tests `isinstance(x, list)`; shared parts stay shared."""
    return _settled(value, DEEPEST, {})


def _settled(value: Any, depth: int, known: dict[int, Any]) -> Any:
    kind = type(value)
    if depth == 0 or kind not in (Appended, list, dict):
        return value
    if id(value) not in known:
        if kind is dict:
            known[id(value)] = {key: _settled(element, depth - 1, known) for key, element in value.items()}
        else:
            known[id(value)] = [_settled(element, depth - 1, known) for element in value]
    return known[id(value)]
