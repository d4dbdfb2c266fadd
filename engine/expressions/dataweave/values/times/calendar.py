"""Dates, times and periods added to and subtracted from each other."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from engine.expressions.dataweave.values.annotated import plain
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.times.periods import DAY, Period, time_period

MICRO = timedelta(microseconds=1)
ADDITION = "InvalidTemporalAddition"
DAY_LENGTH = timedelta(days=1)


def later(moment: Any, period: Period) -> Any:
    """Return a date or time plus a period. Raise Failed if it has nothing that the period counts."""
    return _moved(moment, period, 1)


def earlier(moment: Any, period: Period) -> Any:
    """Return a date or time minus a period."""
    return _moved(moment, period, -1)


def _moved(moment: Any, period: Period, sign: int) -> Any:
    moment = plain(moment)
    try:
        if period.nanos is not None:
            return _by_time(moment, timedelta(microseconds=sign * period.nanos // 1000))
        if isinstance(moment, date):
            return _by_days(moment, period, sign)
    except (OverflowError, ValueError):
        raise Failed("the result is out of the range of dates: years 1 to 9999") from None
    raise Failed("a time has no days that a period could count", ADDITION)


def _by_time(moment: Any, length: timedelta) -> Any:
    if isinstance(moment, datetime):
        return moment + length if moment.tzinfo is None else (moment.astimezone(UTC) + length).astimezone(moment.tzinfo)
    if isinstance(moment, time):
        return (datetime.combine(date(2000, 1, 1), moment) + length % DAY_LENGTH).timetz()
    raise Failed("a Date has no hours that a period could count", ADDITION)


def _by_days(moment: Any, period: Period, sign: int) -> Any:
    months = moment.year * 12 + moment.month - 1 + sign * (period.years * 12 + period.months)
    year, month = months // 12, months % 12 + 1
    first = date(year, month, 1)
    day = min(moment.day, (_next_month(first) - timedelta(days=1)).day if (year, month) != (9999, 12) else 31)
    moved = moment.replace(year=year, month=month, day=day) + timedelta(days=sign * period.days)
    return settled(moved) if isinstance(moved, datetime) else moved


def _next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def settled(moment: datetime) -> datetime:
    """Return a DateTime whose clock shows it: in the hour that a change to summer time skips, an hour later."""
    return moment if moment.tzinfo is None else moment.astimezone(UTC).astimezone(moment.tzinfo)


def between_days(left: date, right: date) -> Period:
    """Return the period of hours between two dates."""
    return time_period((left - right).days * DAY)


def between(left: datetime, right: datetime) -> Period:
    """Return the period of hours between two moments, both with or both without a zone."""
    return time_period((left - right) // MICRO * 1000)


def between_times(left: time, right: time) -> Period:
    """Return the period of hours between two times of a day."""
    return time_period((_since_midnight(left) - _since_midnight(right)) * 1000)


def _since_midnight(value: time) -> int:
    """Return microseconds, in UTC if the time has a zone."""
    length = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
    return (length - (value.utcoffset() or timedelta())) // MICRO


def years_months_days(earlier_day: date, later_day: date) -> Period:
    """Return the years, months and days from one date to another, as Java's Period.between counts them."""
    months = (later_day.year - earlier_day.year) * 12 + later_day.month - earlier_day.month
    days = later_day.day - earlier_day.day
    if months > 0 and days < 0:
        months -= 1
        days = (later_day - _by_days(earlier_day, Period(months=months), 1)).days
    elif months < 0 and days > 0:
        months += 1
        days -= (_next_month(later_day.replace(day=1)) - later_day.replace(day=1)).days
    sign = -1 if months < 0 else 1
    return Period(sign * (abs(months) // 12), sign * (abs(months) % 12), days)
