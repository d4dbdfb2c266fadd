"""`++`, `--` and `"$(x)"`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, tzinfo
from typing import Any

from engine.expressions.budget import current_budget, spend
from engine.expressions.dataweave.values.annotated import plain
from engine.expressions.dataweave.values.comparing import equals, similar
from engine.expressions.dataweave.values.errors import Failed, Unfit
from engine.expressions.dataweave.values.functions import Operation
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.objects import entries_of, joined, object_of
from engine.expressions.dataweave.values.texts import as_text
from engine.expressions.dataweave.values.times.calendar import settled
from engine.limits import LONGEST_TEXT

PER_ELEMENT = 2


def paid_text(text: str, what: str) -> str:
    """Return a text that was made, after its length was paid. Raise Failed for one that is too long."""
    if len(text) > LONGEST_TEXT:
        raise Failed(f"{what} stops at {LONGEST_TEXT} characters")
    current_budget().made(text, what)
    return text


def check_length(length: int, what: str) -> None:
    """Pay for a text before it is made. Raise Failed if it would be too long."""
    if length > LONGEST_TEXT:
        raise Failed(f"{what} stops at {LONGEST_TEXT} characters")
    spend(length // 4, what)


def concat_texts(left: str, right: str) -> str:
    check_length(len(left) + len(right), "'++'")
    return str(left) + right


def concat_lists(left: Any, right: Any) -> list[Any]:
    spend(PER_ELEMENT * (len(left) + len(right)), "'++'")
    return [*left, *right]


def concat_objects(left: Any, right: Any) -> Any:
    spend(PER_ELEMENT * (len(left) + len(right)), "'++'")
    return joined(left, right)


def _at(day: date, clock: time) -> datetime:
    return _settled(datetime.combine(plain(day), plain(clock)))


def _in_zone(moment: Any, zone: tzinfo) -> Any:
    moment = plain(moment)
    if isinstance(moment, datetime):
        return _settled(moment.replace(tzinfo=zone))
    if isinstance(moment, date):
        return _settled(datetime.combine(moment, time(0, tzinfo=zone)))
    return moment.replace(tzinfo=zone)


def _settled(moment: datetime) -> datetime:
    try:
        return settled(moment)
    except OverflowError:
        raise Failed("the result is out of the range of dates: years 1 to 9999") from None


concat = Operation(
    "++",
    [
        ("Array", "Array", concat_lists),
        ("Object", "Object", concat_objects),
        ("Date", "Time", _at),
        ("Time", "Date", lambda left, right: _at(right, left)),
        ("Date", "LocalTime", _at),
        ("LocalTime", "Date", lambda left, right: _at(right, left)),
        ("LocalDateTime", "TimeZone", _in_zone),
        ("TimeZone", "LocalDateTime", lambda left, right: _in_zone(right, left)),
        ("Date", "TimeZone", _in_zone),
        ("TimeZone", "Date", lambda left, right: _in_zone(right, left)),
        ("LocalTime", "TimeZone", _in_zone),
        ("TimeZone", "LocalTime", lambda left, right: _in_zone(right, left)),
        ("String", "String", concat_texts),
    ],
)


# `--`


def _without_elements(elements: Any, removed: Any) -> list[Any]:
    spend(PER_ELEMENT * len(elements) * (1 + len(removed)), "'--'")
    return [each for each in elements if not any(similar(each, other) for other in removed)]


def _without_entries(value: Any, removed: Any) -> Any:
    spend(PER_ELEMENT * len(value) * (1 + len(removed)), "'--'")
    others = [(str(key), each) for key, each in entries_of(removed)]
    return object_of(
        (key, each)
        for key, each in entries_of(value)
        if not any(key == name and equals(each, other) for name, other in others)
    )


def _without_keys(value: Any, names: Any) -> Any:
    spend(PER_ELEMENT * (len(value) + len(names)), "'--'")
    removed = {str(name) for name in names if isinstance(name, str)}
    return object_of((key, each) for key, each in entries_of(value) if str(key) not in removed)


remove = Operation(
    "--",
    [
        ("Null", "Any", lambda left, right: None),
        ("Array", "Array", _without_elements),
        ("Object", "Object", _without_entries),
        ("Object", "Array", _without_keys),
    ],
)


# `"$(x)"`


def interpolated(value: Any) -> str:
    """Return the text of a value in `"$(value)"`. Raise Unfit for null, lists, objects and functions."""
    try:
        return as_text(value)
    except Unfit:
        raise Unfit(f"$(…) in a text takes a value that converts to String, not {kind_of(value)}") from None


def interpolation(parts: Iterable[str]) -> str:
    """Return the text of all parts of one with `$(…)` in it."""
    return paid_text("".join(parts), "a text with $(…)")
