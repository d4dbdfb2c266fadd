"""What is known of a value before a flow runs: which kinds it may be of, what is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import NamedTuple

NULL, BOOLEAN, WHOLE, NUMBER, STRING, ARRAY, OBJECT, OTHER = (
    "null", "a boolean", "a whole number", "a number", "a text", "a list", "an object", "a date or the like",
)  # fmt: skip
EVERY = frozenset({NULL, BOOLEAN, WHOLE, NUMBER, STRING, ARRAY, OBJECT, OTHER})
SCALARS = frozenset({NULL, BOOLEAN, WHOLE, NUMBER, STRING})
"""Kinds whose equality both languages see alike. Of objects, DataWeave minds the order of the keys."""
DEEPEST = 4
"""Levels of a shape; what is deeper may be anything."""


class Shape(NamedTuple):
    """The kinds that a value may be of. element: of a list; None if an element may be anything.

    fields: of an object that has these keys and no others; None if it may have any.
    """

    kinds: frozenset[str] = EVERY
    element: Shape | None = None
    fields: Mapping[str, Shape] | None = None

    def only(self, *kinds: str) -> bool:
        """Return whether the value is of one of these kinds for certain."""
        return self.kinds <= frozenset(kinds)

    def without(self, kind: str) -> Shape:
        return self._replace(kinds=self.kinds - {kind})

    @property
    def is_json(self) -> bool:
        """Whether the value is one that JSON holds as it is: no date in it, and no number with a fraction."""
        if not self.only(NULL, BOOLEAN, WHOLE, STRING, ARRAY, OBJECT):
            return False
        is_list = ARRAY not in self.kinds or (self.element is not None and self.element.is_json)
        is_map = OBJECT not in self.kinds or (self.fields is not None and all(f.is_json for f in self.fields.values()))
        return is_list and is_map

    @property
    def in_json(self) -> Shape:
        """The shape of what is read from the value written as JSON: dates are texts, and numbers may be whole."""
        also = {STRING} if OTHER in self.kinds else set()
        also |= {WHOLE} if NUMBER in self.kinds else set()
        fields = None if self.fields is None else {name: each.in_json for name, each in self.fields.items()}
        return Shape(self.kinds | also, self.element.in_json if self.element else None, fields)

    def field(self, name: str) -> Shape:
        """Return the shape of `.name`, which is null where there is no such field."""
        if OBJECT not in self.kinds:
            return IS_NULL
        if self.fields is None:
            return ANYTHING
        found = self.fields.get(name, IS_NULL)
        return found if self.kinds == {OBJECT} else joined([found, IS_NULL])


def shape(*kinds: str) -> Shape:
    return Shape(frozenset(kinds))


ANYTHING = Shape()
IS_NULL, TRUTH, COUNT, TEXT = shape(NULL), shape(BOOLEAN), shape(WHOLE), shape(STRING)
A_MAP = shape(OBJECT)
NEVER = shape()
"""The shape of no value at all."""


def list_of(element: Shape) -> Shape:
    return Shape(frozenset({ARRAY}), element)


def map_of(fields: Mapping[str, Shape]) -> Shape:
    return Shape(frozenset({OBJECT}), fields=fields)


def joined(shapes: Iterable[Shape]) -> Shape:
    """Return the shape of a value that has one of these shapes."""
    return reduce(_joined, shapes, NEVER)


def _joined(one: Shape, other: Shape, depth: int = DEEPEST) -> Shape:
    if depth == 0:
        return ANYTHING
    kinds = one.kinds | other.kinds
    element = _of_both(one, other, ARRAY, one.element, other.element, depth)
    return Shape(kinds, element, _fields(one, other, depth))


def _of_both(one: Shape, other: Shape, kind: str, left: Shape | None, right: Shape | None, depth: int) -> Shape | None:
    if kind not in one.kinds:
        return right
    if kind not in other.kinds:
        return left
    return None if left is None or right is None else _joined(left, right, depth - 1)


def _fields(one: Shape, other: Shape, depth: int) -> Mapping[str, Shape] | None:
    if OBJECT not in one.kinds:
        return other.fields
    if OBJECT not in other.kinds:
        return one.fields
    if one.fields is None or other.fields is None:
        return None
    return {
        name: _joined(one.fields.get(name, IS_NULL), other.fields.get(name, IS_NULL), depth - 1)
        for name in [*one.fields, *(set(other.fields) - set(one.fields))]
    }
