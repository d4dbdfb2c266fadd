"""Values with metadata, such as `as Date {format: "dd/MM/yyyy"}`: of subclasses of the plain type, with a `schema`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from engine.expressions.dataweave.values.objects import Pairs

Schema = Mapping[str, Any]


class AnnotatedText(str):
    """A String with metadata."""

    schema: Schema | None = None


class AnnotatedWhole(int):
    """A Number without a fraction, with metadata."""

    schema: Schema | None = None


class AnnotatedDecimal(Decimal):
    """A Number with metadata."""

    schema: Schema | None = None


class AnnotatedDate(date):
    """A Date with metadata."""

    schema: Schema | None = None


class AnnotatedDatetime(datetime):
    """A DateTime or LocalDateTime with metadata."""

    schema: Schema | None = None


class AnnotatedTime(time):
    """A Time or LocalTime with metadata."""

    schema: Schema | None = None


class AnnotatedBytes(bytes):
    """A Binary with metadata."""

    schema: Schema | None = None


class AnnotatedObject(dict[str, Any]):
    """An Object with metadata."""

    schema: Schema | None = None


class AnnotatedPairs(Pairs):
    """An Object with keys that repeat, or have attributes, and with metadata."""

    schema: Schema | None = None


class AnnotatedList(list[Any]):
    """An Array with metadata."""

    schema: Schema | None = None


def _date(value: date) -> date:
    return AnnotatedDate(value.year, value.month, value.day)


def _datetime(value: datetime) -> datetime:
    day = value.year, value.month, value.day
    clock = value.hour, value.minute, value.second, value.microsecond
    return AnnotatedDatetime(*day, *clock, value.tzinfo, fold=value.fold)


def _time(value: time) -> time:
    return AnnotatedTime(value.hour, value.minute, value.second, value.microsecond, value.tzinfo)


MAKING: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (str, AnnotatedText), (bool, lambda value: value), (int, AnnotatedWhole), (Decimal, AnnotatedDecimal),
    (float, lambda value: AnnotatedDecimal(repr(value))), (datetime, _datetime), (date, _date), (time, _time),
    (bytes, AnnotatedBytes), (dict, AnnotatedObject), (list, AnnotatedList),
    (Pairs, lambda value: AnnotatedPairs(value.entries)),
)  # fmt: skip
PLAIN: dict[type, Callable[[Any], Any]] = {
    AnnotatedText: str, AnnotatedWhole: int, AnnotatedDecimal: Decimal, AnnotatedBytes: bytes, AnnotatedObject: dict,
    AnnotatedPairs: lambda value: Pairs(value.entries),
    AnnotatedList: list,
    AnnotatedDate: lambda value: date(value.year, value.month, value.day),
    AnnotatedDatetime: lambda value: datetime.combine(value.date(), value.timetz()).replace(fold=value.fold),
    AnnotatedTime: lambda value: time(value.hour, value.minute, value.second, value.microsecond, value.tzinfo),
}  # fmt: skip
ANNOTATED = {
    AnnotatedText: "String", AnnotatedWhole: "Number", AnnotatedDecimal: "Number", AnnotatedDate: "Date",
    AnnotatedBytes: "Binary", AnnotatedObject: "Object", AnnotatedPairs: "Object", AnnotatedList: "Array",
}  # fmt: skip
"""The kinds of these types, if one type has one."""


def annotate(value: Any, schema: Schema | None) -> Any:
    """Return the value with this metadata; of types that have none, such as Boolean, the value."""
    if not schema:
        return value
    for kind, make in MAKING:
        if isinstance(value, kind):
            made = make(value)
            if made is not value:
                made.schema = schema
            return made
    return value


def schema_of(value: Any) -> Schema | None:
    """Return the metadata of a value; None if it has none."""
    return getattr(value, "schema", None) if type(value) in PLAIN else None


def plain(value: Any) -> Any:
    """Return the value without metadata."""
    make = PLAIN.get(type(value))
    return value if make is None else make(value)
