"""The parts of dates, times, periods and namespaces: `|2024-03-01|.year`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any, Final

from engine.expressions.dataweave.values.errors import unfit
from engine.expressions.dataweave.values.objects import Namespace
from engine.expressions.dataweave.values.times.periods import DAY, HOUR, MINUTE, SECOND, Period

Part = Callable[[Any], Any]

OF_DAY: Final[Mapping[str, Part]] = {
    "year": lambda day: day.year,
    "month": lambda day: day.month,
    "day": lambda day: day.day,
    "quarter": lambda day: (day.month + 2) // 3,
    "dayOfWeek": lambda day: day.isoweekday(),
    "dayOfYear": lambda day: day.timetuple().tm_yday,
}
OF_TIME: Final[Mapping[str, Part]] = {
    "hour": lambda time: time.hour,
    "minutes": lambda time: time.minute,
    "seconds": lambda time: time.second,
    "milliseconds": lambda time: time.microsecond // 1000,
    "nanoseconds": lambda time: time.microsecond * 1000,
}
OF_ZONE: Final[Mapping[str, Part]] = {
    "offsetSeconds": lambda moment: int(moment.utcoffset().total_seconds()),
    "timezone": lambda moment: moment.tzinfo,
}
OF_DATES: Final[Mapping[str, Part]] = {
    "years": lambda period: period.years,
    "months": lambda period: period.months,
    "days": lambda period: period.days,
}
OF_TIMES: Final[Mapping[str, Part]] = {
    "days": lambda period: period.nanos // DAY,
    "hours": lambda period: period.nanos % DAY // HOUR,
    "minutes": lambda period: period.nanos % HOUR // MINUTE,
    "seconds": lambda period: period.nanos // SECOND,
    "secs": lambda period: period.nanos % MINUTE // SECOND,
}
OF_NAMESPACE: Final[Mapping[str, Part]] = {"uri": lambda each: each.uri, "prefix": lambda each: each.prefix}


def part_of(value: Any, name: str) -> Any:
    """Return a part of a value; null if it has no such part. Raise Unfit for a value without parts."""
    part = _parts(value).get(name)
    return part(value) if part else None


def _parts(value: Any) -> Mapping[str, Part]:
    if isinstance(value, (datetime, time)):
        zone = {} if value.tzinfo is None else OF_ZONE
        return {**(OF_DAY if isinstance(value, datetime) else {}), **OF_TIME, **zone}
    if isinstance(value, date):
        return OF_DAY
    if isinstance(value, Period):
        return OF_TIMES if value.is_time else OF_DATES
    if isinstance(value, Namespace):
        return OF_NAMESPACE
    raise unfit("an object, an array or a date", value, "'.'")
