"""The types of values by their names in DataWeave (`typeOf`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any

from engine.expressions.appended import Appended
from engine.expressions.dataweave.values.annotated import ANNOTATED
from engine.expressions.dataweave.values.functions import Function, Overloads
from engine.expressions.dataweave.values.keyed import Blank, KeyedDecimal, KeyedPairs, KeyedText, KeyedWhole
from engine.expressions.dataweave.values.objects import Key, Namespace, Pairs
from engine.expressions.dataweave.values.times.periods import Period
from engine.expressions.dataweave.values.regexes import Regex
from engine.expressions.dataweave.values.types import Type

KINDS: dict[type, str] = {
    type(None): "Null", bool: "Boolean", int: "Number", Decimal: "Number", float: "Number", str: "String",
    Key: "Key", list: "Array", Appended: "Array", range: "Range", dict: "Object", Pairs: "Object", date: "Date",
    Period: "Period", bytes: "Binary", Regex: "Regex", Type: "Type", Namespace: "Namespace", Function: "Function",
    Overloads: "Function", **ANNOTATED, Blank: "Null", KeyedText: "String", KeyedWhole: "Number",
    KeyedDecimal: "Number", KeyedPairs: "Object",
}  # fmt: skip
"""Types whose values are all of one kind. Of a datetime and a time it depends on the zone."""


def kind_of(value: Any) -> str:
    """Return the name of a value's type, such as String."""
    return KINDS.get(type(value)) or _kind_of(value)


def _kind_of(value: Any) -> str:
    if isinstance(value, datetime):
        return "LocalDateTime" if value.tzinfo is None else "DateTime"
    if isinstance(value, time):
        return "LocalTime" if value.tzinfo is None else "Time"
    if isinstance(value, tzinfo):
        return "TimeZone"
    for kind in (Key, str, Period, date, int, Decimal, float, bytes, Function, Type, Regex, Pairs):
        if isinstance(value, kind):
            return KINDS[kind]
    if isinstance(value, Mapping) or hasattr(value, "get"):  # a message or an error of the engine
        return "Object"
    return "Array" if isinstance(value, Sequence) else type(value).__name__
