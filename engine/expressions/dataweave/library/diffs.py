"""dw::util::Diff."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.values.comparing import equals
from engine.expressions.dataweave.values.errors import Failed, Unfit
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.objects import AnyObject, Key, entries_of
from engine.expressions.dataweave.values.texts import as_text
from engine.limits import DEEPEST

DIFF = "dw::util::Diff"
PER_NODE = 240
"""Steps to compare two values, and tell what differs."""
LISTS = frozenset({"Array", "Range"})
Difference = dict[str, str]
NO_OPTIONS: dict[str, Any] = {}


@defined(DIFF, "diff", '(actual: Any, expected: Any, diffConfig: Object = {}, path: String = "(root)") -> Diff')
def diff(actual: Any, expected: Any, options: AnyObject = NO_OPTIONS, path: str = "(root)") -> dict[str, Any]:
    """Return `{matches, diffs: [{expected, actual, path}]}` of two values; `unordered: true` ignores the order."""
    found = list(_differences(actual, expected, path, options.get("unordered") is True, 0))
    return {"matches": not found, "diffs": found}


def _difference(expected: str, actual: str, path: str) -> Difference:
    return {"expected": expected, "actual": actual, "path": path}


def _differences(actual: Any, expected: Any, path: str, unordered: bool, depth: int) -> Iterator[Difference]:
    if depth > DEEPEST:
        raise Failed(f"diff stops at {DEEPEST} levels")
    spend(PER_NODE, "diff")
    kinds = kind_of(actual), kind_of(expected)
    if kinds == ("Object", "Object"):
        yield from _of_objects(actual, expected, path, unordered, depth)
    elif LISTS.issuperset(kinds):
        yield from _of_lists(actual, expected, path, unordered, depth)
    elif not (LISTS | {"Object"}).isdisjoint(kinds):
        yield _difference(f"{kinds[1]} type", f"{kinds[0]} type", path)
    elif not equals(actual, expected):
        yield _difference(_shown(expected), _shown(actual), path)


def _of_lists(actual: Any, expected: Any, path: str, unordered: bool, depth: int) -> Iterator[Difference]:
    if len(actual) != len(expected):
        yield _difference(f"Array size is {len(expected)}", f"was {len(actual)}", path)
        return
    for at, (one, other) in enumerate(zip(actual, expected, strict=True)):
        yield from _differences(one, other, f"{path}[{at}]", unordered, depth + 1)


def _of_objects(actual: Any, expected: Any, path: str, unordered: bool, depth: int) -> Iterator[Difference]:
    if len(actual) != len(expected):
        yield _difference(f"Object size is {len(expected)}", f"{len(actual)}", path)
        return
    there = list(entries_of(actual))
    for at, (key, value) in reversed(list(enumerate(entries_of(expected)))):
        here = f"{path}.{_written(key)}"
        found = _counterpart(there, list(entries_of(expected)), at) if unordered else there[at]
        if found is None or _name(found[0]) != _name(key):
            text = f"Entry {here} with type {kind_of(value)}"
            yield _difference(text, "was not present in object.", here)
            continue
        yield from _of_attributes(found[0], key, here, unordered, depth)
        yield from _differences(found[1], value, here, unordered, depth + 1)


def _name(key: str) -> tuple[str, str]:
    """Return the uri of a key's namespace, and its local name."""
    return (key.namespace.uri if isinstance(key, Key) and key.namespace else "", str(key))


def _written(key: str) -> str:
    return f"{key.namespace.prefix}#{key}" if isinstance(key, Key) and key.namespace else str(key)


def _counterpart(there: list[Any], expected: list[Any], at: int) -> Any:
    """Return the entry of the same key: the second one for the second."""
    name = _name(expected[at][0])
    spend(len(there), "diff")
    number = sum(_name(key) == name for key, _ in expected[:at])
    same = [entry for entry in there if _name(entry[0]) == name]
    return same[number] if number < len(same) else None


def _of_attributes(actual: str, expected: str, path: str, unordered: bool, depth: int) -> Iterator[Difference]:
    one, other = (key.attributes if isinstance(key, Key) and key.attributes else {} for key in (actual, expected))
    if one or other:
        yield from _of_objects(one, other, f"{path}.@", unordered, depth + 1)


def _shown(value: Any) -> str:
    if kind_of(value) == "String":
        return f'"{value}"'
    try:
        return "null" if kind_of(value) == "Null" else as_text(value)
    except Unfit:
        return kind_of(value)
