"""Functions that join values of several types: texts, lists and maps alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any

from engine.expressions.appended import Appended
from engine.expressions.budget import SHORT, TEXT_BYTES, current_budget, spend
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import function
from engine.expressions.functions.limits import refuse_long_list, refuse_long_text
from engine.expressions.growing import Growing
from engine.expressions.operators import type_name
from engine.expressions.sizes import MAPS

PER_ELEMENT, PER_ENTRY = 2, 10
"""Steps to put a value in a list, and in a map."""
COPIED = 256
"""Characters that are copied in one step."""


def _concat_in_place(acc: Any, *pieces: Any) -> Any:
    """Return the result of concat for an accumulator that nobody else holds."""
    given = [piece for piece in pieces if piece is not None]
    for kinds, extended in EXTENDED:
        if type(acc) in kinds and given and kinds.issuperset(map(type, given)):
            return extended(acc, *given)
    return concat.call(acc, *pieces)


def _extended_text(acc: str, *texts: str) -> str:
    length = len(acc) + sum(map(len, texts))
    refuse_long_text(length, "concat")
    spend(length // COPIED + (length - len(acc)) // TEXT_BYTES, "concat()")
    return "".join([acc, *texts])


def _extended_list(acc: Any, *lists: Any) -> Appended:
    added = sum(map(len, lists))
    refuse_long_list(len(acc) + added, "concat")
    spend(PER_ELEMENT * added, "concat()")
    return (acc if type(acc) is Appended else Appended(acc)).extend([*chain.from_iterable(lists)])


def merged_in_place(acc: Any, *maps: Any) -> Growing:
    """Return one map of all: the first one, if it is one that may grow."""
    merged = acc if type(acc) is Growing else Growing(acc)
    spend(PER_ENTRY * (sum(map(len, maps)) + (len(acc) if merged is not acc else 0)), "merge()")
    for entries in maps:
        merged.update(entries)
    return merged


EXTENDED = [
    (frozenset[type]({str}), _extended_text),
    (frozenset[type]({list, Appended}), _extended_list),
    (MAPS, merged_in_place),
]


@function("...any", steps=60, keeps_appended=True, in_place=_concat_in_place, dataweave="++")
def concat(*pieces: Any) -> Any:
    """The texts, or lists, or maps, one after the other; null ones are left out.

    If several maps have a key, the last value is kept. Numbers are made text by to_string.

    concat('order-', to_string(7)) → "order-7"
    concat(['a'], ['b', 'c'], null) → ["a", "b", "c"]
    concat({a: 'x'}, {b: 'y'}) → {"a": "x", "b": "y"}
    """
    given = [piece for piece in pieces if piece is not None]
    if not given:
        return None
    kinds = sorted({_kind(piece) for piece in given})
    if len(kinds) == 1 and kinds[0] in JOINED:
        return JOINED[kinds[0]](given)
    raise EvaluationError(f"concat() takes strings, or arrays, or objects, not {' and '.join(kinds)}")


def _kind(piece: Any) -> str:
    """Return the type's name; an error or a message has fields, but no keys: it is not an object to join."""
    kind = type_name(piece)
    return type(piece).__name__ if kind == "object" and not isinstance(piece, Mapping) else kind


def _joined_texts(texts: list[str]) -> str:
    length = sum(map(len, texts))
    refuse_long_text(length, "concat")
    joined = "".join(texts)
    if length > SHORT:
        current_budget().made(joined, "concat()")
    return joined


def _joined_lists(lists: list[list[Any] | Appended]) -> list[Any]:
    refuse_long_list(sum(map(len, lists)), "concat")
    spend(PER_ELEMENT * sum(map(len, lists)), "concat()")
    return [element for elements in lists for element in elements]


def _joined_maps(maps: list[Any]) -> dict[str, Any]:
    spend(PER_ENTRY * sum(map(len, maps)), "concat()")
    return {key: value for entries in maps for key, value in entries.items()}


JOINED: dict[str, Callable[[list[Any]], Any]] = {
    "string": _joined_texts,
    "array": _joined_lists,
    "object": _joined_maps,
}
