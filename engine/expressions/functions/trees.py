"""Functions over lists and maps inside each other. Nesting of more than 200 levels is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.expressions.appended import Appended
from engine.expressions.budget import current_budget, spend
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.conditions import Delayed
from engine.expressions.functions.function import function
from engine.expressions.functions.limits import refuse_deep, refuse_depth
from engine.expressions.functions.objects import count_key
from engine.expressions.operators import type_name
from engine.expressions.sizes import share
from engine.expressions.writing import SCALARS

STEP = re.compile(r"([^.\[\]]+)|\[([0-9]{1,9})\]")
"""A step of a path: a key, or an index in brackets."""
Step = str | int
PER_ELEMENT, PER_ENTRY, PER_COPY = 2, 10, 16
"""Steps to copy an element of a list, an entry of a map, a value at any depth."""
UNDIVIDED = SCALARS | {str, bytes}
"""Values without parts."""


@function("any", "string|integer", "lazy any?", steps=12, each=0, dataweave="payload[key] default …")
def get(subject: Any, key: Any, otherwise: Delayed | None = None) -> Any:
    """The value of a map under a key, or of a list at an index (below 0 from its end), if the key is a value.

    The third argument, or null, if that is null or does not exist, or the first argument is null.

    get({a: 'x'}, 'a') → "x"
    get(['a', 'b'], -1) → "b"
    get({a: 'x'}, 'b', 'none') → "none"
    """
    found = _look("get", subject, key)
    return otherwise() if found is None and otherwise else found


def _look(name: str, subject: Any, key: Step) -> Any:
    if subject is None:
        return None
    kind = type_name(subject)
    if kind == "object" and isinstance(key, str):
        count_key(key, name)
        return subject.get(key)
    if kind == "array" and isinstance(key, int):
        return subject[key] if -len(subject) <= key < len(subject) else None
    raise EvaluationError(f"{name}() takes object and string, or array and number, not {kind} and {type_name(key)}")


@function("any", "string|array", "any", steps=150, dataweave="update", keeps_appended=True)
def set_path(subject: Any, path: Any, value: Any) -> Any:
    """The value with another one at a path: a copy, the first argument stays as it is.

    The path is a text as `order.lines[0].price`, or a list of keys and indexes. Maps on the way that are missing or
    null are made; an index must exist, or be the next one.

    set_path({a: {b: 'x'}}, 'a.c', 'y') → {"a": {"b": "x", "c": "y"}}
    set_path({a: ['x']}, 'a[1]', 'y') → {"a": ["x", "y"]}
    set_path(null, ['a.b', 'c'], 'x') → {"a.b": {"c": "x"}}
    """
    return _replaced(subject, _path(path), value)


def _path(path: Any) -> list[Step]:
    if isinstance(path, str):
        return _steps(path)
    refuse_depth(len(path), "set_path")
    return [_step(step) for step in path]


def _steps(path: str) -> list[Step]:
    steps: list[Step] = []
    position = 0
    while match := STEP.match(path, position):
        steps.append(match[1] if match[1] is not None else int(match[2]))
        refuse_depth(len(steps), "set_path")
        position = match.end() + (path[match.end() : match.end() + 1] == ".")
    if position < len(path) or path.endswith("."):
        raise EvaluationError("set_path() takes a path such as a.b[0].c as argument 2, not another string")
    return steps


def _step(step: Any) -> Step:
    if isinstance(step, bool) or not isinstance(step, (str, int)):
        raise EvaluationError(f"set_path() takes a path of strings and whole numbers, not {type_name(step)}")
    return step


def _replaced(subject: Any, steps: list[Step], value: Any) -> Any:
    if not steps:
        return value
    step, *rest = steps
    if isinstance(step, int):
        return _replaced_in_list(subject, step, rest, value)
    if subject is not None and not isinstance(subject, Mapping):
        raise EvaluationError(f"set_path() finds {type_name(subject)} where the path has a key")
    spend(PER_ENTRY * len(subject or ()), "set_path()")
    entries = dict(subject or {})
    entries[step] = _replaced(entries.get(step), rest, value)
    return entries


def _replaced_in_list(subject: Any, index: int, rest: list[Step], value: Any) -> list[Any]:
    if subject is not None and not isinstance(subject, (list, Appended)):
        raise EvaluationError(f"set_path() finds {type_name(subject)} where the path has an index")
    spend(PER_ELEMENT * len(subject or ()), "set_path()")
    elements = list(subject or ())
    if not -len(elements) <= index <= len(elements):
        raise EvaluationError("set_path() finds no such index")
    if index == len(elements):
        elements.append(None)
    elements[index] = _replaced(elements[index], rest, value)
    return elements


@function("...object|null", steps=100, dataweave="dw::util::Values, mergeWith")
def merge_deep(*mappings: Any) -> dict[str, Any]:
    """One map of all; if several have a map under a key, these are merged too. Lists are replaced; null is skipped.

    merge_deep({a: {x: 'one'}}, {a: {y: 'two'}}) → {"a": {"x": "one", "y": "two"}}
    """
    merged: dict[str, Any] = {}
    for mapping in mappings:
        refuse_deep(mapping, "merge_deep", PER_COPY)
        spend(PER_ENTRY * len(merged), "merge_deep()")
        merged = _merged(merged, mapping or {})
    return merged


def _merged(left: dict[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    spend(PER_ENTRY * len(left), "merge_deep()")
    merged = dict(left)
    for key, value in right.items():
        before = merged.get(key)
        both = isinstance(before, dict) and isinstance(value, dict)
        merged[key] = _merged(before, value) if both else value  # type: ignore[arg-type]  # both are maps
    return merged


@function("any", "string", steps=40, dataweave="payload..key")
def deep(value: Any, key: str) -> list[Any]:
    """All values of a key, at any depth, an outer one before those inside it.

    deep({id: 'a', lines: [{id: 'b'}, {sub: {id: 'c'}}]}, 'id') → ["a", "b", "c"]
    """
    refuse_deep(value, "deep", 10)
    found: list[Any] = []
    _collect(value, key, found, is_inside=False)
    return found


def _collect(value: Any, key: str, found: list[Any], *, is_inside: bool) -> None:
    """is_inside: whether the value is a part of a found one: values found in it are held once more."""
    if isinstance(value, Mapping):
        for name, element in value.items():
            if name == key:
                found.append(element)
                if is_inside:
                    share(current_budget(), element, "deep()")
            if type(element) not in UNDIVIDED:
                _collect(element, key, found, is_inside=is_inside or name == key)
    elif isinstance(value, (list, Appended)):
        for element in value:
            if type(element) not in UNDIVIDED:
                _collect(element, key, found, is_inside=is_inside)


@function("array", steps=70, dataweave="flatten", of_null=None)
def flatten_deep(elements: list[Any]) -> list[Any]:
    """The elements of the list and of all lists in it, at any depth. `[]` opens one level only.

    flatten_deep(['a', ['b', ['c']]]) → ["a", "b", "c"]
    """
    refuse_deep(elements, "flatten_deep", 6)
    flat: list[Any] = []
    _flatten(elements, flat)
    return flat


def _flatten(elements: Any, flat: list[Any]) -> None:
    for element in elements:
        if isinstance(element, (list, Appended)):
            _flatten(element, flat)
        else:
            flat.append(element)


@function("any", steps=100, dataweave="skipNullOn='everywhere'")
def omit_nulls(value: Any) -> Any:
    """The value without the null entries of its maps and lists, at any depth. Maps and lists that become empty stay.

    omit_nulls({a: null, b: {c: null, d: 'x'}}) → {"b": {"d": "x"}}
    """
    refuse_deep(value, "omit_nulls", PER_COPY)
    return _without_nulls(value)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(element) for key, element in value.items() if element is not None}
    if isinstance(value, (list, Appended)):
        return [_without_nulls(element) for element in value if element is not None]
    return value
