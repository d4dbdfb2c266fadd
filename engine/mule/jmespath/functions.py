"""The functions that mean the same in both languages, for arguments of certain kinds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from engine.mule.jmespath.printing import LOOSEST, PART, Part, called
from engine.mule.jmespath.shapes import (
    ARRAY,
    BOOLEAN,
    COUNT,
    NULL,
    OTHER,
    SCALARS,
    STRING,
    TEXT,
    TRUTH,
    WHOLE,
    Shape,
    joined,
    shape,
)

Takes = Callable[[Shape], bool]
"""Whether an argument of this shape is one with which both functions return the same."""


class Same(NamedTuple):
    """A function of JMESPath's. takes: for each argument; result: the shape that it returns, of the arguments'.

    is_turned: whether its arguments stand the other way round.
    """

    name: str
    takes: tuple[Takes, ...]
    result: Callable[[Sequence[Shape]], Shape]
    is_turned: bool = False


def of(*kinds: str) -> Takes:
    return lambda given: given.only(*kinds)


def list_of_only(*kinds: str) -> Takes:
    return lambda given: given.only(ARRAY) and given.element is not None and given.element.only(*kinds)


def always(result: Shape) -> Callable[[Sequence[Shape]], Shape]:
    return lambda arguments: result


FUNCTIONS: dict[str, tuple[Same, ...]] = {
    "sizeOf": (Same("length", (of(ARRAY),), always(COUNT)),),
    "isEmpty": (Same("is_empty", (of(NULL, ARRAY, STRING),), always(TRUTH)),),
    "contains": (
        Same("contains", (of(NULL, ARRAY), of(*SCALARS)), always(TRUTH)),
        Same("contains", (of(NULL, STRING), of(STRING)), always(TRUTH)),
    ),
    "startsWith": (Same("starts_with", (of(STRING), of(STRING)), always(TRUTH)),),
    "endsWith": (Same("ends_with", (of(STRING), of(STRING)), always(TRUTH)),),
    "upper": (Same("upper", (of(STRING),), always(TEXT)),),
    "lower": (Same("lower", (of(STRING),), always(TEXT)),),
    "joinBy": (Same("join", (list_of_only(STRING), of(STRING)), always(TEXT), is_turned=True),),
    "sum": (Same("sum", (list_of_only(WHOLE),), always(COUNT)),),
    "max": (Same("max", (list_of_only(WHOLE),), always(joined([COUNT, shape(NULL)]))),),
    "min": (Same("min", (list_of_only(WHOLE),), always(joined([COUNT, shape(NULL)]))),),
    "abs": (Same("abs", (of(WHOLE),), always(COUNT)),),
    "now": (Same("now", (), always(shape(OTHER))),),
    "uuid": (Same("uuid", (), always(TEXT)),),
}
"""By their names in DataWeave, each with the kinds of arguments for which it is the same."""

TYPES = {"String": "is_string", "Array": "is_array", "Null": "is_null"}
"""Types that `is` asks for, and the functions that ask for them."""


def same(name: str, arguments: Sequence[Part]) -> Part | None:
    """Return the call of the function that is the same for these arguments; None if there is none."""
    shapes = [each.shape for each in arguments]
    for each in FUNCTIONS.get(name, ()):
        pairs = zip(each.takes, shapes, strict=False)
        if len(each.takes) == len(shapes) and all(takes(given) for takes, given in pairs):
            texts = [argument.at(LOOSEST) for argument in arguments]
            return Part(called(each.name, texts[::-1] if each.is_turned else texts), PART, each.result(shapes))
    return None


__all__ = ["BOOLEAN", "FUNCTIONS", "TYPES", "same"]
