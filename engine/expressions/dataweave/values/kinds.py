"""The types of values by their names in DataWeave (`typeOf`).

The modules whose classes are values add these to KINDS, so that this one depends on none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any

from engine.expressions.appended import Appended
from engine.expressions.dataweave.values.annotated import ANNOTATED
from engine.expressions.dataweave.values.keyed import Blank, KeyedDecimal, KeyedPairs, KeyedText, KeyedWhole
from engine.expressions.dataweave.values.objects import Key, Namespace, Pairs

KINDS: dict[type, str] = {
    type(None): "Null", bool: "Boolean", Key: "Key", str: "String", int: "Number", Decimal: "Number", float: "Number",
    list: "Array", Appended: "Array", range: "Range", dict: "Object", Pairs: "Object", date: "Date", bytes: "Binary",
    Namespace: "Namespace", **ANNOTATED, Blank: "Null", KeyedText: "String", KeyedWhole: "Number",
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
    for kind, name in KINDS.items():
        if isinstance(value, kind):
            return name
    if isinstance(value, Mapping) or hasattr(value, "get"):  # a message or an error of the engine
        return "Object"
    return "Array" if isinstance(value, Sequence) else type(value).__name__
