"""What joins values of several types: texts, lists and maps alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.expressions.appended import Appended
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import function
from engine.expressions.functions.limits import refuse_long_list, refuse_long_text
from engine.expressions.operators import type_name


@function("...any", keeps_appended=True, dataweave="++")
def concat(*pieces: Any) -> Any:
    """The texts, or lists, or maps, one after the other; null ones are left out.

    Of a key that several maps have, the last value holds. Numbers are made text by to_string.

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
    """The type's name; an error or a message has fields, but no keys: it is no object to join."""
    kind = type_name(piece)
    return type(piece).__name__ if kind == "object" and not isinstance(piece, Mapping) else kind


def _joined_texts(texts: list[str]) -> str:
    refuse_long_text(sum(map(len, texts)), "concat")
    return "".join(texts)


def _joined_lists(lists: list[list[Any] | Appended]) -> list[Any]:
    refuse_long_list(sum(map(len, lists)), "concat")
    return [element for elements in lists for element in elements]


def _joined_maps(maps: list[Any]) -> dict[str, Any]:
    return {key: value for entries in maps for key, value in entries.items()}


JOINED: dict[str, Callable[[list[Any]], Any]] = {
    "string": _joined_texts,
    "array": _joined_lists,
    "object": _joined_maps,
}
