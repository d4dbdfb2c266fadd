"""dw::core::Dates and dw::core::Periods."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.values.annotated import plain
from engine.expressions.dataweave.values.coercing import converted
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.numbers import exact, is_whole, rounded
from engine.expressions.dataweave.values.objects import AnyObject
from engine.expressions.dataweave.values.times.calendar import settled, years_months_days
from engine.expressions.dataweave.values.times.periods import DAY, HOUR, MINUTE, SECOND, Period, time_period

DATES = "dw::core::Dates"
PERIODS = "dw::core::Periods"
WITH_DATES = ("(dateTime: DateTime) -> DateTime", "(localDateTime: LocalDateTime) -> LocalDateTime")
ALL_DATES = (*WITH_DATES, "(date: Date) -> Date")
MIDNIGHT: dict[str, Any] = {"hour": 0, "minute": 0, "second": 0, "microsecond": 0}


def _at_midnight(value: Any, **fields: Any) -> Any:
    """Return the date with other fields, and at midnight if it has a time."""
    value = plain(value)
    return settled(value.replace(**fields, **MIDNIGHT)) if isinstance(value, datetime) else value.replace(**fields)


@defined(DATES, "atBeginningOfDay", *WITH_DATES)
def at_beginning_of_day(value: datetime) -> datetime:
    """Return midnight of the day."""
    return _at_midnight(value)  # type: ignore[no-any-return]  # it is a datetime


@defined(DATES, "atBeginningOfHour", *WITH_DATES, "(localTime: LocalTime) -> LocalTime", "(time: Time) -> Time")
def at_beginning_of_hour(value: Any) -> Any:
    """Return the hour without minutes and seconds."""
    return plain(value).replace(minute=0, second=0, microsecond=0)


@defined(DATES, "atBeginningOfMonth", *ALL_DATES)
def at_beginning_of_month(value: Any) -> Any:
    """Return the first day of the month."""
    return _at_midnight(value, day=1)


@defined(DATES, "atBeginningOfWeek", *ALL_DATES)
def at_beginning_of_week(value: Any) -> Any:
    """Return the Sunday on which the week begins."""
    try:
        return _at_midnight(plain(value) - timedelta(days=value.isoweekday() % 7))
    except OverflowError:
        raise Failed("the result is out of the range of dates: years 1 to 9999") from None


@defined(DATES, "atBeginningOfYear", *ALL_DATES)
def at_beginning_of_year(value: Any) -> Any:
    """Return January 1."""
    return _at_midnight(value, month=1, day=1)


def _field(parts: AnyObject, name: str, most: int, least: int = 0) -> int:
    value = parts.get(name)
    if value is None:
        raise Failed(f"the object has no field {name}")
    number = exact(converted(value, "Number"))
    whole = rounded(number, "ROUND_HALF_UP")
    if not least <= whole <= most or (name != "seconds" and not is_whole(number)):
        raise Failed(f"the field {name} is not between {least} and {most}")
    return whole


def _day(parts: AnyObject) -> date:
    try:
        return date(_field(parts, "year", 9999, 1), _field(parts, "month", 12, 1), _field(parts, "day", 31, 1))
    except ValueError:
        raise Failed("there is no such day in the month") from None


def _clock(parts: AnyObject) -> time:
    return time(_field(parts, "hour", 23), _field(parts, "minutes", 59), _field(parts, "seconds", 59))


def _zone(parts: AnyObject) -> Any:
    zone = parts.get("timeZone")
    if zone is None:
        raise Failed("the object has no field timeZone")
    return converted(zone, "TimeZone")


@defined(DATES, "date", "(parts: Object) -> Date")
def date_(parts: AnyObject) -> date:
    """Return the Date of `{year, month, day}`."""
    return _day(parts)


@defined(DATES, "dateTime", "(parts: Object) -> DateTime")
def date_time(parts: AnyObject) -> datetime:
    """Return the DateTime of `{year, month, day, hour, minutes, seconds, timeZone}`."""
    return settled(datetime.combine(_day(parts), _clock(parts)).replace(tzinfo=_zone(parts)))


@defined(DATES, "localDateTime", "(parts: Object) -> LocalDateTime")
def local_date_time(parts: AnyObject) -> datetime:
    """Return the LocalDateTime of `{year, month, day, hour, minutes, seconds}`."""
    return datetime.combine(_day(parts), _clock(parts))


@defined(DATES, "localTime", "(parts: Object) -> LocalTime")
def local_time(parts: AnyObject) -> time:
    """Return the LocalTime of `{hour, minutes, seconds}`."""
    return _clock(parts)


@defined(DATES, "time", "(parts: Object) -> Time")
def time_(parts: AnyObject) -> time:
    """Return the Time of `{hour, minutes, seconds, timeZone}`."""
    return _clock(parts).replace(tzinfo=_zone(parts))


@defined(DATES, "today", "() -> Date", acts=True)
def today() -> date:
    """Return the current date, in UTC."""
    return datetime.now(UTC).date()


@defined(DATES, "tomorrow", "() -> Date", acts=True)
def tomorrow() -> date:
    """Return the date of tomorrow, in UTC."""
    return today() + timedelta(days=1)


@defined(DATES, "yesterday", "() -> Date", acts=True)
def yesterday() -> date:
    """Return the date of yesterday, in UTC."""
    return today() - timedelta(days=1)


# Periods


@defined(PERIODS, "between", "(endDateExclusive: Date, startDateInclusive: Date) -> Period")
def between(end: date, start: date) -> Period:
    """Return the years, months and days from the second date to the first."""
    return years_months_days(start, end)


FAR = 10**12
"""No date is so many of a unit away from another."""


def _length(parts: AnyObject, name: str, unit: int) -> int:
    value = parts.get(name)
    number = exact(converted(value, "Number")) if value is not None else 0
    return int(_bounded(number) * unit)


def _bounded(number: Any) -> Any:
    if abs(number) > FAR:
        raise Failed("the number is too large for a period")
    return number


@defined(PERIODS, "duration", "(period: Object) -> Period")
def duration(parts: AnyObject) -> Period:
    """Return the period of `{days, hours, minutes, seconds}`, each of which may be left out."""
    units = (("days", DAY), ("hours", HOUR), ("minutes", MINUTE), ("seconds", SECOND))
    return time_period(sum(_length(parts, name, unit) for name, unit in units))


def _whole(number: Any, name: str) -> int:
    number = exact(number)
    if not is_whole(number):
        raise Failed(f"a period has a whole number of {name}")
    return int(_bounded(number))


@defined(PERIODS, "period", "(period: Object) -> Period")
def period(parts: AnyObject) -> Period:
    """Return the period of `{years, months, days}`, each of which may be left out."""
    values = {name: parts.get(name) for name in ("years", "months", "days")}
    found = {name: _whole(converted(value, "Number"), name) for name, value in values.items() if value is not None}
    return Period(**found)


@defined(PERIODS, "years", "(nYears: Number) -> Period")
def years(number: Any) -> Period:
    """Return a period of years."""
    return Period(years=_whole(number, "years"))


@defined(PERIODS, "months", "(nMonths: Number) -> Period")
def months(number: Any) -> Period:
    """Return a period of months."""
    return Period(months=_whole(number, "months"))


@defined(PERIODS, "days", "(nDays: Number) -> Period")
def days(number: Any) -> Period:
    """Return a period of days; of hours if the number has a fraction."""
    number = exact(number)
    return Period(days=_whole(number, "days")) if is_whole(number) else time_period(int(_bounded(number) * DAY))


def _times(name: str, unit: int) -> None:
    """Declare a function that returns a period of that many of a unit."""

    signature = f"(n{name.capitalize()}: Number) -> Period"

    @defined(PERIODS, name, signature, manual=f"Return a period of {name}.")
    def make(number: Any) -> Period:
        return time_period(int(_bounded(exact(number)) * unit))


_times("hours", HOUR)
_times("minutes", MINUTE)
_times("seconds", SECOND)
