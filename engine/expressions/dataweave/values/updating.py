"""`update`: a copy of a value with some of its parts changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from engine.expressions.budget import spend
from engine.expressions.dataweave.values.errors import unfit
from engine.expressions.dataweave.values.objects import Entry, Key, Namespace, entries_of, object_of
from engine.expressions.dataweave.values.selecting import is_array, is_map

UNCHANGED: Any = object()
"""What the function of a change returns if its condition does not hold."""
PER_ELEMENT = 8

Step = tuple[str, Any, str]
"""A kind (`.`, `.*`, `.@`, `[`), a name or position, and the uri of a namespace."""


class Change(NamedTuple):
    """What becomes of the value at a path. change: of the value and its index. is_forced: whether it is created."""

    path: Sequence[Step]
    is_forced: bool
    change: Callable[[Any, Any], Any]

    @property
    def step(self) -> Step:
        return self.path[0]

    @property
    def inner(self) -> Change:
        """The change as the value at its first step sees it."""
        return self._replace(path=self.path[1:])


def updated(value: Any, changes: Sequence[tuple[Sequence[Step], bool, Callable[[Any, Any], Any]]]) -> Any:
    """Return the value with the changes: of those for one place the first counts, and outer ones before inner ones."""
    return _updated(value, [Change(*each) for each in changes], 0)


def _updated(value: Any, changes: Sequence[Change], index: int) -> Any:
    for each in changes:
        if not each.path:
            found = each.change(value, index)
            if found is not UNCHANGED:
                return found
    inner = [each for each in changes if each.path]
    if not inner:
        return value
    if is_map(value):
        return _object(value, inner)
    return _array(value, inner) if is_array(value) else value


def _object(value: Any, changes: Sequence[Change]) -> Any:
    entries = list(entries_of(value))
    spend(PER_ELEMENT * len(entries), "update")
    counts: dict[int, int] = {}
    found = [_entry(key, inner, changes, counts) for key, inner in entries]
    for at, each in enumerate(changes):
        if each.is_forced and at not in counts and each.step[0] in (".", ".*"):
            found += _created(each)
    return object_of(found)


def _entry(key: str, value: Any, changes: Sequence[Change], counts: dict[int, int]) -> Entry:
    """Return an entry with the changes that are for it. counts: of the entries that each change has met."""
    mine, index = [], 0
    for at, each in enumerate(changes):
        if _is_for(each.step, key, counts.get(at, 0)):
            index = counts.get(at, 0)
            counts[at] = index + 1
            mine.append(each.inner)
    if not mine:
        return key, value
    of_key = [each for each in mine if each.path and each.step[0] == ".@"]
    of_value = [each for each in mine if each not in of_key]
    return _with_attributes(key, of_key) if of_key else key, _updated(value, of_value, index)


def _is_for(step: Step, key: str, count: int) -> bool:
    kind, name, uri = step
    if kind not in (".", ".*") or key != name or (kind == "." and count):
        return False
    namespace = getattr(key, "namespace", None)
    return not uri or (namespace is not None and namespace.uri == uri)


def _with_attributes(key: str, changes: Sequence[Change]) -> Key:
    found = key if isinstance(key, Key) else Key(key)
    as_fields = [each._replace(path=((".", *each.step[1:]),)) for each in changes]
    return Key(str(found), found.namespace, _object(found.attributes or {}, as_fields))


def _created(change: Change) -> list[Entry]:
    """Return the entry that a change creates; none if its condition does not hold."""
    _, name, uri = change.step
    inner = change.inner
    empty: Any = [] if inner.path and inner.step[0] == "[" else {}
    value = _updated(empty, [inner], 0) if inner.path else inner.change(None, 0)
    if value is UNCHANGED or (inner.path and not value):
        return []
    return [(Key(str(name), Namespace("", uri)) if uri else str(name), value)]


def _array(value: Any, changes: Sequence[Change]) -> Any:
    found = list(value)
    spend(PER_ELEMENT * len(found), "update")
    places: dict[int, list[Change]] = {}
    for each in changes:
        if each.step[0] == "[":
            position = _position(each.step[1])
            place = position + len(found) if position < 0 else position
            if 0 <= place < len(found):
                places.setdefault(place, []).append(each.inner)
            elif each.is_forced and position >= 0:
                found += [inner for _, inner in _created(each._replace(path=((".", "", ""), *each.path[1:])))]
    for place, inner in places.items():
        found[place] = _updated(found[place], inner, place)
    return found


def _position(value: Any) -> int:
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return int(value)
    raise unfit("a number", value, "'[…]' in update")
