"""Cron expressions, as Quartz spells them (Mule) and as crontab does, and the moments that they name."""

from __future__ import annotations

import re
from bisect import bisect_left
from calendar import monthrange
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, NoReturn, Self

from pydantic_core import core_schema

from engine import Mistake, Validated, refuse, shown
from engine.connectors import TEXT, is_digits

LAST_YEAR = 2199
"""The last year of Quartz; no search goes further."""

SECOND = timedelta(seconds=1)
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")

DaysOf = Callable[[int, int], Collection[int]]
"""Returns the days that one part of a field names in a month of a year."""


@dataclass(frozen=True)
class Unit:
    """One field of a cron expression: its name, its least and its greatest number, names for numbers."""

    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int:
        """Read a number. Raise ValueError, which says the allowed range, if it is not one."""
        if text.upper() in self.names:
            return self.least + self.names.index(text.upper())
        if not is_digits(text) or not self.least <= int(text) <= self.most:
            raise ValueError(self.expected)
        return int(text)

    @property
    def expected(self) -> str:
        names = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
        return f"{self.name} from {self.least} to {self.most}{names}"

    def numbers(self, part: str) -> range | list[int]:
        """Return the numbers of `*`, `5`, `1-5`, `*/15`, `5/15`, `22-2`."""
        span, slash, step_text = part.partition("/")
        step = Unit("a step", 1, self.most).number(step_text) if slash else 1
        first, dash, last = span.partition("-")
        if span == "*":
            return range(self.least, self.most + 1, step)
        begin = self.number(first)
        end = self.number(last) if dash else self.most if slash else begin
        if begin <= end:
            return range(begin, end + 1, step)
        around = [*range(begin, self.most + 1), *range(self.least, end + 1)]
        return around[::step]


SECONDS, MINUTES, HOURS = Unit("seconds", 0, 59), Unit("minutes", 0, 59), Unit("hours", 0, 23)
DAYS_OF_MONTH, MONTHS_OF_YEAR = Unit("days of the month", 1, 31), Unit("months", 1, 12, MONTHS)
QUARTZ_WEEKDAYS = Unit("days of the week", 1, 7, WEEKDAYS)
CRONTAB_WEEKDAYS = Unit("days of the week", 0, 7, WEEKDAYS)
YEARS = Unit("years", 1970, LAST_YEAR)


def _numbers(field: str, unit: Unit) -> list[int]:
    return sorted({number for part in field.split(",") for number in unit.numbers(part)})


# Days of a month


def _last(year: int, month: int) -> int:
    return monthrange(year, month)[1]


def _nearest_working_day(year: int, month: int, day: int) -> int:
    """Return the day, or the working day next to it in the same month (Quartz: W)."""
    last = _last(year, month)
    weekday = date(year, month, day).weekday()
    if weekday == 5:  # Saturday
        return day - 1 if day > 1 else day + 2
    if weekday == 6:  # Sunday
        return day + 1 if day < last else day - 2
    return day


def _days_of_month(part: str) -> DaysOf:
    """Read one part of the field of days: `15`, `1-5`, `L`, `L-3`, `15W`, `LW`."""
    text = part.upper()
    if match := re.fullmatch(r"L(?:-([0-9]{1,2}))?(W?)", text):
        before, is_working = int(match[1] or 0), bool(match[2])
        if before > 30:
            raise ValueError("L-1 to L-30")
        return lambda year, month: _one(year, month, _last(year, month) - before, is_working)
    if text.endswith("W"):
        day = DAYS_OF_MONTH.number(text[:-1])
        return lambda year, month: _one(year, month, day, True)
    days = frozenset(DAYS_OF_MONTH.numbers(part))
    return lambda year, month: days


def _one(year: int, month: int, day: int, is_working: bool) -> list[int]:
    if not 1 <= day <= _last(year, month):
        return []
    return [_nearest_working_day(year, month, day) if is_working else day]


def _days_of_week(unit: Unit) -> Callable[[str], DaysOf]:
    """Read one part of the field of weekdays: `MON-FRI`, `6#3`, `6L`, `L`."""

    def read(part: str) -> DaysOf:
        day, sharp, nth = part.partition("#")
        if sharp:
            weekday, which = _weekday(unit.number(day), unit), Unit("which of the month,", 1, 5).number(nth)
            return lambda year, month: _weekdays(year, month, weekday)[which - 1 : which]
        if part.upper().endswith("L") and part.upper() not in unit.names:
            weekday = _weekday(unit.number(part[:-1]), unit) if part[:-1] else 6
            is_every = not part[:-1]  # L alone is Saturday, each of them (Quartz)
            return lambda year, month: _weekdays(year, month, weekday)[0 if is_every else -1 :]
        weekdays = {_weekday(number, unit) for number in unit.numbers(part)}
        return lambda year, month: [day for weekday in weekdays for day in _weekdays(year, month, weekday)]

    return read


def _weekday(number: int, unit: Unit) -> int:
    """Read a weekday. 0 is Sunday; Quartz counts it as 1."""
    return (number - unit.least) % 7


def _weekdays(year: int, month: int, weekday: int) -> list[int]:
    """Return all days of the month on that weekday."""
    monday_based, last = monthrange(year, month)
    first = 1 + (weekday - (monday_based + 1)) % 7
    return list(range(first, last + 1, 7))


# The whole


class CronExpression(Validated):
    """The moments that a cron expression names, in a time zone; None is the machine's.

    A time that the clock skips in spring counts with the offset before, one that it shows twice in autumn counts the
    first time (RFC 5545, 3.3.5); if the hours are `*`, each hour that passes counts.
    """

    word = "cron expression"
    schema = TEXT

    def __init__(self, text: str) -> None:
        self._text = text
        self._fields = [(match.start(), match[0]) for match in re.finditer(r"\S+", text)]
        if not 5 <= len(self._fields) <= 7:
            found = f"{shown(text)}, which has {len(self._fields)} fields"
            expected = "seconds, minutes, hours, day of month, month, day of week, and perhaps year"
            refuse([Mistake("F303", found, expected, "0 0 12 * * ? (at noon), or */15 * * * * as in a crontab")])
        is_crontab = len(self._fields) == 5
        if is_crontab:
            self._fields.insert(0, (0, "0"))
        self._seconds = self._read(0, SECONDS)
        self._minutes = self._read(1, MINUTES)
        self._hours = self._read(2, HOURS)
        self._months = self._read(4, MONTHS_OF_YEAR)
        self._years = self._read(6, YEARS) if len(self._fields) == 7 else range(YEARS.least, YEARS.most + 1)
        self._days = self._read_days(CRONTAB_WEEKDAYS if is_crontab else QUARTZ_WEEKDAYS, is_crontab)
        self._is_hourly = len(self._hours) == 24
        if self._next_wall(datetime(self._years[0] - 1, 12, 31, 23, 59, 59)) is None:
            refuse([Mistake("F303", shown(text), "a time that comes: none of these months has such a day")])

    def __str__(self) -> str:
        return self._text

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self:
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            refuse([Mistake("F303", shown(value), "a cron expression", '"0 0 12 * * ?"')])
        return cls(value)

    def after(self, moment: datetime, zone: tzinfo | None) -> datetime | None:
        """Return the first moment of the expression after this one, in UTC; None if there is none any more."""
        return self._hourly_after(moment, zone) if self._is_hourly else self._fixed_after(moment, zone)

    # Reading

    def _read(self, index: int, unit: Unit) -> list[int]:
        try:
            return _numbers(self._fields[index][1], unit)
        except ValueError as error:
            self._refuse(index, str(error))

    def _refuse(self, index: int, expected: str) -> NoReturn:
        offset, field = self._fields[index]
        is_exact = not getattr(self._text, "has_placeholders", False)
        found = f"'{field}' in the cron expression {shown(self._text)}"
        refuse([Mistake("F303", found, expected, offset=offset if is_exact else 0)])

    def _read_days(self, weekdays: Unit, is_crontab: bool) -> DaysOf:
        of_month, of_week = (self._fields[index][1] for index in (3, 5))
        month_days = self._parts(3, _days_of_month)
        week_days = self._parts(5, _days_of_week(weekdays))
        if of_week in "*?":
            return month_days
        if of_month in "*?":
            return week_days
        if not is_crontab:
            self._refuse(5, "'?' for the day of the month or for the day of the week: one of them decides")
        if of_month.startswith("*") or of_week.startswith("*"):  # as Debian's cron
            return lambda year, month: set(month_days(year, month)) & set(week_days(year, month))
        return lambda year, month: {*month_days(year, month), *week_days(year, month)}

    def _parts(self, index: int, read: Callable[[str], DaysOf]) -> DaysOf:
        field = self._fields[index][1].replace("?", "*")
        try:
            parts = [read(part) for part in field.split(",")]
        except ValueError as error:
            self._refuse(index, str(error))
        return lambda year, month: {day for part in parts for day in part(year, month)}

    # Moments

    def _fixed_after(self, moment: datetime, zone: tzinfo | None) -> datetime | None:
        wall: datetime | None = moment.astimezone(zone).replace(tzinfo=None)
        while wall and (wall := self._next_wall(wall)):
            instant = (wall.replace(tzinfo=zone) if zone else wall).astimezone(UTC)
            if instant > moment:
                return instant
        return None

    def _hourly_after(self, moment: datetime, zone: tzinfo | None) -> datetime | None:
        offset = _offset(moment, zone)
        wall = (moment.astimezone(UTC) + offset).replace(tzinfo=None)
        while following := self._next_wall(wall):
            instant = (following - offset).replace(tzinfo=UTC)
            if _offset(instant, zone) == offset:
                return instant
            moment = _change(moment, instant, zone)
            offset = _offset(moment, zone)
            wall = (moment + offset).replace(tzinfo=None) - SECOND
        return None

    def _next_wall(self, wall: datetime) -> datetime | None:
        """Return the first time after this one, as a wall clock shows it."""
        start = wall.replace(microsecond=0, fold=0) + SECOND
        for day in self._days_from(start.date()):
            earliest = start.time() if day == start.date() else time()
            if found := self._time_from(earliest):
                return datetime.combine(day, found)
        return None

    def _days_from(self, first: date) -> Iterator[date]:
        for year in self._years[bisect_left(self._years, first.year) :]:
            for month in self._months:
                if (year, month) >= (first.year, first.month):
                    days = (
                        date(year, month, day) for day in sorted(self._days(year, month)) if day <= _last(year, month)
                    )
                    yield from (day for day in days if day >= first)

    def _time_from(self, earliest: time) -> time | None:
        times = (
            time(hour, minute, second)
            for hour in self._hours
            if hour >= earliest.hour
            for minute in self._minutes
            if (hour, minute) >= (earliest.hour, earliest.minute)
            for second in self._seconds
            if (hour, minute, second) >= (earliest.hour, earliest.minute, earliest.second)
        )
        return next(times, None)


def _offset(moment: datetime, zone: tzinfo | None) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _change(before: datetime, after: datetime, zone: tzinfo | None) -> datetime:
    """Return the moment between the two at which the clock leaves its earlier offset."""
    offset = _offset(before, zone)
    while after - before > SECOND:
        middle = before + (after - before) / 2
        if _offset(middle, zone) == offset:
            before = middle
        else:
            after = middle
    return after.astimezone(UTC).replace(microsecond=0)
