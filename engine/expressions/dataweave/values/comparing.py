"""`==`, `~=`, `<` and its siblings, and the order that orderBy, min and max go by."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, tzinfo
from functools import cmp_to_key
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.dataweave.values.coercing import converted
from engine.expressions.dataweave.values.errors import Failed, Unfit
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.numbers import exact
from engine.expressions.dataweave.values.objects import Key, entries_of

PER_COMPARED = 5
"""Steps to compare two values inside others."""
LONG = 1024
"""Characters from which comparing two texts takes noticeable time."""
SAME = frozenset({str, int, bool, type(None)})
TEXTS = frozenset({"String", "Key"})
WRITTEN = frozenset({"Regex", "Type", "Uri"})
"""Types whose values are compared with a text as texts."""
LISTS = frozenset({"Array", "Range"})
DAYS = frozenset({"Date", "DateTime", "LocalDateTime"})
CLOCKS = frozenset({"Time", "LocalTime"})
ORDERED = DAYS | CLOCKS | {"Boolean", "Number", "String", "Key", "TimeZone"}


def equals(left: Any, right: Any) -> bool:
    """Return `left == right`: of the same type and value; in objects the order of keys matters."""
    kind = type(left)
    if kind is type(right) and kind in SAME:
        if kind is str and len(left) > LONG:
            spend(len(left) // LONG, "'=='")
        return bool(left == right)
    name = kind_of(left)
    return name == kind_of(right) and EQUAL.get(name, _same)(left, right)


def similar(left: Any, right: Any) -> bool:
    """Return `left ~= right`: equal after conversion of one of them."""
    kinds = kind_of(left), kind_of(right)
    if kinds[0] in LISTS and kinds[1] in LISTS:
        return _equal_lists(left, right, similar)
    if kinds[0] == kinds[1]:
        return _equal_objects(left, right, similar) if kinds[0] == "Object" else equals(left, right)
    if "Null" in kinds:
        return False
    if kinds[0] in TEXTS:
        left, right, kinds = right, left, (kinds[1], kinds[0])
    if kinds[0] in WRITTEN:
        return _equal_converted(left, right, kinds[1])
    return _equal_converted(right, left, kinds[0]) or (
        kinds[1] not in TEXTS and _equal_converted(left, right, kinds[1])
    )


def _equal_converted(value: Any, other: Any, kind: str) -> bool:
    """Return whether a value, converted to the type of the other one, equals it."""
    try:
        return equals(converted(value, kind), other)
    except Unfit:
        return False


def _equal_lists(left: Any, right: Any, equal: Callable[[Any, Any], bool]) -> bool:
    if len(left) != len(right):
        return False
    spend(PER_COMPARED * len(left), "'=='")
    return all(map(equal, left, right))


def _equal_objects(left: Any, right: Any, equal: Callable[[Any, Any], bool]) -> bool:
    if len(left) != len(right):
        return False
    spend(PER_COMPARED * len(left), "'=='")
    pairs = zip(entries_of(left), entries_of(right), strict=True)
    return all(equal_keys(key, other) and equal(value, another) for (key, value), (other, another) in pairs)


def equal_keys(left: str, right: str) -> bool:
    """Return whether two keys have the same name, namespace and attributes."""
    if type(left) is str and type(right) is str:
        return left == right
    if str(left) != str(right):
        return False
    one, other = _parts(left), _parts(right)
    return one[0] == other[0] and equals(one[1], other[1])


def _parts(key: str) -> tuple[str, Any]:
    if not isinstance(key, Key):
        return "", {}
    return key.namespace.uri if key.namespace else "", key.attributes or {}


def _same(left: Any, right: Any) -> bool:
    return bool(left == right)


def _equal_times(left: time, right: time) -> bool:
    return left.utcoffset() == right.utcoffset() and left == right


EQUAL: dict[str, Callable[[Any, Any], bool]] = {
    "Number": lambda left, right: exact(left) == exact(right),
    "Array": lambda left, right: _equal_lists(left, right, equals),
    "Object": lambda left, right: _equal_objects(left, right, equals),
    "Key": equal_keys,
    "Time": _equal_times,
    "Regex": lambda left, right: left is right,
    "Function": lambda left, right: left is right,
    "TimeZone": lambda left, right: left is right or left.utcoffset(None) == right.utcoffset(None) is not None,
}
"""Equality of types whose Python values compare otherwise."""


# Order


def compare(left: Any, right: Any) -> int:
    """Return -1, 0 or 1. Raise Failed for types that have no order, or none between them."""
    kind = type(left)
    if kind is not type(right) or (kind is not int and kind is not bool):
        left, right = _alike(left, right)
    return int(left > right) - int(left < right)


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Return two values that Python compares as DataWeave does; a text becomes a value of the type of the other."""
    kinds = kind_of(left), kind_of(right)
    if not ORDERED.issuperset(kinds):
        raise Failed(f"{kinds[0]} and {kinds[1]} cannot be compared", "InvalidComparisonException")
    if kinds[0] != kinds[1]:
        if kinds[0] == "String" and kinds[1] not in TEXTS:
            left = converted(left, kinds[1])
        elif kinds[1] == "String" and kinds[0] not in TEXTS:
            right = converted(right, kinds[0])
        elif not any(kinds[0] in group and kinds[1] in group for group in (DAYS, CLOCKS, TEXTS)):
            raise Failed(f"{kinds[0]} and {kinds[1]} cannot be compared", "InvalidComparisonException")
    return _orderable(left), _orderable(right)


def _orderable(value: Any) -> Any:
    if not isinstance(value, str):
        return ORDERING[kind_of(value)](value)
    if len(value) > LONG:
        spend(len(value) // LONG, "'<'")
    # Java orders texts by their UTF-16 units
    return value.encode("utf-16-be", "surrogatepass")


def _moment(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


def _midnight(value: date) -> datetime:
    return datetime(value.year, value.month, value.day, tzinfo=UTC)


def _zone_order(value: tzinfo) -> float:
    """Return what orders zones as Java does: those in the east first."""
    offset = value.utcoffset(datetime(2000, 1, 1))
    return -offset.total_seconds() if offset is not None else 0.0


ORDERING: dict[str, Callable[[Any], Any]] = {
    "Boolean": bool,
    "Number": exact,
    "Date": _midnight,
    "DateTime": _moment,
    "LocalDateTime": _moment,
    "Time": lambda value: value,
    "LocalTime": lambda value: value.replace(tzinfo=UTC),
    "TimeZone": _zone_order,
}
"""What a value of each ordered type is compared by."""


def less(left: Any, right: Any) -> bool:
    return compare(left, right) < 0


def less_or_equal(left: Any, right: Any) -> bool:
    return compare(left, right) <= 0


def greater(left: Any, right: Any) -> bool:
    return compare(left, right) > 0


def greater_or_equal(left: Any, right: Any) -> bool:
    return compare(left, right) >= 0


PLAIN_KEYS = (frozenset({int}), frozenset({bool}))
PER_ORDERED = 12
"""Steps to put one value in its place."""


def sort_keys(values: Iterable[Any]) -> list[Any]:
    """Return something for each value that Python sorts as DataWeave orders the values."""
    keys = list(values)
    kinds = frozenset(map(type, keys))
    spend(PER_ORDERED * len(keys), "the order of values")
    if kinds in PLAIN_KEYS:
        return keys
    if kinds == {str}:
        return keys if all(map(str.isascii, keys)) else list(map(_orderable, keys))
    names = {kind_of(key) for key in keys}
    if len(names) == 1 and names <= ORDERED:
        return list(map(_orderable, keys))
    return list(map(cmp_to_key(_compare_alike), keys))


def _compare_alike(left: Any, right: Any) -> int:
    """Compare without converting a text."""
    kinds = kind_of(left), kind_of(right)
    if (kinds[0] in TEXTS) is not (kinds[1] in TEXTS):
        raise Failed(f"{kinds[0]} and {kinds[1]} cannot be compared", "InvalidComparisonException")
    return compare(left, right)
