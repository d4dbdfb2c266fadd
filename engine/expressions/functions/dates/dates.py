"""Functions over dates. Dates and datetimes are values of their own; in JSON they are ISO 8601 texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from engine.expressions.errors import EvaluationError
from engine.expressions.functions.chance import chance
from engine.expressions.functions.dates.date_patterns import read_date, tokens, write_date
from engine.expressions.functions.dates.iso_8601 import read_iso_8601
from engine.expressions.functions.dates.zones import zone
from engine.expressions.functions.function import Check, Function, function, literal_text

MOMENT = "date|datetime|string"
PERIOD = (
    r"(?P<sign>[+-]?)P(?=.)"
    r"(?:(?P<years>[+-]?[0-9]{1,9})Y)?(?:(?P<months>[+-]?[0-9]{1,9})M)?"
    r"(?:(?P<weeks>[+-]?[0-9]{1,9})W)?(?:(?P<days>[+-]?[0-9]{1,9})D)?"
    r"(?P<time>T(?=.)(?:(?P<hours>[+-]?[0-9]{1,9})H)?(?:(?P<minutes>[+-]?[0-9]{1,9})M)?"
    r"(?:(?P<seconds>[+-]?[0-9]{1,9}(?:\.[0-9]{1,9})?)S)?)?"
)
"""An ISO 8601 duration; a sign in front counts for all of it, one before a number for that number (Java)."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400, "weeks": 7 * 86400}
MONTHS = {"months": 1, "years": 12}
ELAPSED = {unit: timedelta(seconds=seconds) for unit, seconds in SECONDS.items()} | {
    "milliseconds": timedelta(0, 0, 1000)
}


def _readable(position: int, name: str) -> Check:
    """Refuse, at load, a literal pattern that cannot be read."""

    def check(arguments: Sequence[Any]) -> str | None:
        pattern = literal_text(arguments, position)
        try:
            if pattern is not None:
                tokens(name, pattern)
        except EvaluationError as error:
            return str(error)
        return None

    return check


def moment(name: str, value: date | str) -> date | datetime:
    """Return a date or a datetime as it is; read a text in ISO 8601 as one of them."""
    if not isinstance(value, str):
        return value
    try:
        return read_iso_8601(value)
    except ValueError:
        raise EvaluationError(f"{name}() takes a date or a string in ISO 8601, not another string") from None


def _date_of(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


def _datetime_of(value: date | datetime) -> datetime:
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)


def _aware(value: date | datetime, zone: tzinfo = UTC) -> datetime:
    """Return an aware datetime, in this zone if it has none."""
    at = _datetime_of(value)
    return at if at.tzinfo else at.replace(tzinfo=zone)


def point_in_time(name: str, value: date | str) -> datetime:
    """Return the moment of a date, a datetime or a text in ISO 8601: in UTC if it has no time zone."""
    return _aware(moment(name, value))


def by_clock(read: Callable[[], datetime]) -> tuple[Function, Function]:
    """Return now() and today() by a clock."""

    @function("string?", steps=40, each=0, dataweave="now()")
    def now(zone_: str = "UTC") -> datetime:
        """The current moment, in UTC or another time zone.

        length(to_string(now(), 'yyyy-MM-dd')) → 10
        """
        return chance().now(read).astimezone(zone(zone_, "now"))

    @function("string?", steps=50, each=0, dataweave="today()")
    def today(zone_: str = "UTC") -> date:
        """The current date, in UTC or another time zone.

        length(to_string(today())) → 10
        """
        return chance().now(read).astimezone(zone(zone_, "today")).date()

    return now, today


now, today = by_clock(lambda: datetime.now(UTC))


@function(MOMENT, "string?", steps=60, check=_readable(1, "as_date"), dataweave="as Date", of_null=None)
def as_date(value: date | str, pattern: str | None = None) -> date:
    """The date of a text in ISO 8601, or in the form of a pattern; of a datetime its day.

    as_date('2026-03-01') → "2026-03-01"
    as_date('01.03.2026', 'dd.MM.yyyy') → "2026-03-01"
    """
    return _date_of(_read("as_date", value, pattern))


@function(
    MOMENT + "|number", "string?", steps=60, check=_readable(1, "as_datetime"), dataweave="as DateTime", of_null=None
)
def as_datetime(value: Any, pattern: str | None = None) -> datetime:
    """The datetime of a text in ISO 8601, or in the form of a pattern; of a date its midnight; of seconds since 1970.

    A text without an offset becomes a datetime without a time zone: to_timezone adds one.

    as_datetime('2026-03-01T12:00:00+01:00') → "2026-03-01T12:00:00+01:00"
    as_datetime(0) → "1970-01-01T00:00:00Z"
    """
    if isinstance(value, (date, str)):
        return _datetime_of(_read("as_datetime", value, pattern))
    at: datetime = _calculated("as_datetime", lambda: EPOCH + timedelta(seconds=float(value)))
    return at


def _read(name: str, value: date | str, pattern: str | None) -> date | datetime:
    return read_date(name, value, pattern) if pattern and isinstance(value, str) else moment(name, value)


def _calculated(name: str, calculate: Callable[[], Any]) -> Any:
    try:
        return calculate()
    except (OverflowError, ValueError):
        raise EvaluationError(f"{name}() stops at the years 1 and 9999") from None


@function(
    "string", "string", steps=100, check=_readable(1, "parse_date"), dataweave="as Date {format: …}", of_null=None
)
def parse_date(text: str, pattern: str) -> date | datetime:
    """The date that a text holds, in the form of a Java pattern; a datetime if the pattern has a time.

    Letters: y M d D H h k K m s S a E X x Z V, text in quotes. Names are English. The whole text must fit.

    parse_date('1 Mar 2026', 'd MMM yyyy') → "2026-03-01"
    parse_date('20260301 1405', 'yyyyMMdd HHmm') → "2026-03-01T14:05:00"
    """
    return read_date("parse_date", text, pattern)


@function(
    MOMENT, "string", steps=100, check=_readable(1, "format_date"), dataweave="as String {format: …}", of_null=None
)
def format_date(value: date | str, pattern: str) -> str:
    """A date, a datetime or a text in ISO 8601, written in the form of a Java pattern. Names are English.

    format_date('2026-03-01T14:05:00.25Z', 'yyyy-MM-dd\\'T\\'HH:mm:ss.SSSXXX') → "2026-03-01T14:05:00.250Z"
    format_date('2026-03-01', 'EEEE, d MMMM yyyy') → "Sunday, 1 March 2026"
    """
    return write_date("format_date", moment("format_date", value), pattern)


def _period(name: str, text: str) -> dict[str, float]:
    match = re.fullmatch(PERIOD, text)
    if match is None:
        raise EvaluationError(f"{name}() takes a period in ISO 8601 such as P1M or -PT90S, not another string")
    sign = -1 if match["sign"] == "-" else 1
    numbers = {unit: match[unit] for unit in (*MONTHS, *SECONDS) if match[unit]}
    return {unit: sign * (float(number) if "." in number else int(number)) for unit, number in numbers.items()}


@function(MOMENT, "string", steps=280, dataweave="+ |P1D|", of_null=None)
def date_add(value: date | str, period: str) -> date | datetime:
    """The date or datetime a period (ISO 8601) later; a period may be negative.

    Years and months come first: the day stays, or is the month's last one. A period with a time
    needs a datetime. With a time zone, days are days of its calendar, hours are elapsed time.

    date_add('2026-01-31', 'P1M') → "2026-02-28"
    date_add('2026-03-01T00:00:00Z', '-PT1H30M') → "2026-02-28T22:30:00Z"
    """
    start = moment("date_add", value)
    parts = _period("date_add", period)
    exact = sum(parts.get(unit, 0) * SECONDS[unit] for unit in ("hours", "minutes", "seconds"))
    if exact and not isinstance(start, datetime):
        raise EvaluationError("date_add() takes a period without a time for a date: as_datetime makes a datetime of it")
    months = int(sum(parts.get(unit, 0) * MONTHS[unit] for unit in MONTHS))
    days = parts.get("days", 0) + 7 * parts.get("weeks", 0)
    later: date = _calculated("date_add", lambda: _later(_plus_months(start, months) + timedelta(days=days), exact))
    return later


def _plus_months(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    return start.replace(year=year, month=month + 1, day=min(start.day, _days_in(year, month + 1)))


def _days_in(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _later(start: date, seconds: float) -> date:
    """Return the moment that much elapsed time later, via UTC: a skipped hour becomes the next one (Java)."""
    if not isinstance(start, datetime) or start.tzinfo is None:
        return start + timedelta(seconds=seconds)
    return (start.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(start.tzinfo)


@function(MOMENT, MOMENT, "string?", steps=280, dataweave="daysBetween", of_null=None)
def date_diff(start: date | str, end: date | str, unit: str = "days") -> int:
    """How many whole units there are between two dates; negative if the second is the earlier one.

    Units: years, months, weeks, days, hours, minutes, seconds, milliseconds. Days and longer units are
    those of the calendar in the first one's time zone, shorter ones are elapsed time. A datetime
    without a time zone is taken as UTC, a date as its midnight.

    date_diff('2026-01-31', '2026-03-01') → 29
    date_diff('2026-01-31', '2026-03-01', 'months') → 1
    date_diff('2026-03-01T12:00:00Z', '2026-03-01T10:30:00Z', 'hours') → -1
    """
    first, last = (_aware(moment("date_diff", value)) for value in (start, end))
    if unit not in ELAPSED and unit not in MONTHS:
        raise EvaluationError("date_diff() takes years, months, weeks, days, hours, minutes, seconds or milliseconds")
    wall = UTC if unit in ("hours", "minutes", "seconds", "milliseconds") else first.tzinfo
    first, last = _calculated("date_diff", lambda: [at.astimezone(wall).replace(tzinfo=None) for at in (first, last)])
    if unit in MONTHS:
        return int(_months_between(first, last) / MONTHS[unit])
    return _whole(last - first, ELAPSED[unit])


def _whole(elapsed: timedelta, unit: timedelta) -> int:
    """Return how many units fit, towards 0."""
    return elapsed // unit if elapsed >= timedelta() else -(-elapsed // unit)


def _months_between(first: datetime, last: datetime) -> int:
    months = (last.year - first.year) * 12 + last.month - first.month
    rest = (last.day, last.time()) < (first.day, first.time())
    if last < first:
        return months + ((last.day, last.time()) > (first.day, first.time()))
    return months - rest


@function(MOMENT, "string", "string?", steps=120, dataweave=">> 'Europe/Vienna'", of_null=None)
def to_timezone(value: date | str, name: str, local: str = "UTC") -> datetime:
    """The same moment in another time zone: a name as Europe/Vienna, an offset as +02:00, or Z.

    A value without a time zone is taken as of the third argument, or of UTC. A local time that the clocks skip in
    spring counts as an hour later, one that they show twice in autumn as the first (Java).

    to_timezone('2026-07-01T10:00:00Z', 'Europe/Vienna') → "2026-07-01T12:00:00+02:00"
    to_timezone('2026-07-01T10:00:00', 'Z', 'Europe/Vienna') → "2026-07-01T08:00:00Z"
    """
    at, source, target = moment("to_timezone", value), zone(local, "to_timezone"), zone(name, "to_timezone")
    result: datetime = _calculated("to_timezone", lambda: _aware(at, source).astimezone(UTC).astimezone(target))
    return result
