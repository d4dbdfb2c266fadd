"""Periods: years, months and days, or hours, minutes and seconds. As in Java, they are never both."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.expressions.dataweave.values.errors import Unfit
from engine.expressions.dataweave.values.kinds import KINDS
from engine.limits import LONGEST_MOMENT

SECOND = 1_000_000_000
"""Nanoseconds."""
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
NUMBER = r"([+-]?[0-9]{1,18})"
DATES = rf"([+-]?)P(?:{NUMBER}Y)?(?:{NUMBER}M)?(?:{NUMBER}W)?(?:{NUMBER}D)?"
TIMES = rf"([+-]?)P(?:{NUMBER}D)?(?:T(?:{NUMBER}H)?(?:{NUMBER}M)?(?:([+-]?[0-9]{{1,18}})(?:\.([0-9]{{0,9}}))?S)?)?"


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time. nanos: of one with hours, minutes and seconds; None for one of years, months and days."""

    years: int = 0
    months: int = 0
    days: int = 0
    nanos: int | None = None

    @property
    def is_time(self) -> bool:
        return self.nanos is not None

    def __str__(self) -> str:
        return _written_date(self) if self.nanos is None else _written_time(self.nanos)

    def to_json(self) -> str:
        return str(self)

    def __neg__(self) -> Period:
        return Period(-self.years, -self.months, -self.days, None if self.nanos is None else -self.nanos)


KINDS[Period] = "Period"


def time_period(nanos: int) -> Period:
    """Return the period of hours, minutes and seconds that has this many nanoseconds."""
    return Period(nanos=nanos)


def _written_date(period: Period) -> str:
    parts = ((period.years, "Y"), (period.months, "M"), (period.days, "D"))
    return "P" + ("".join(f"{number}{unit}" for number, unit in parts if number) or "0D")


def _written_time(nanos: int) -> str:
    sign, nanos = ("-" if nanos < 0 else ""), abs(nanos)
    hours, rest = divmod(nanos, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    seconds, fraction = divmod(rest, SECOND)
    text = f"{sign}{hours}H" if hours else ""
    text += f"{sign}{minutes}M" if minutes else ""
    if seconds or fraction:
        text += f"{sign}{seconds}" + (f".{fraction:09d}".rstrip("0") if fraction else "") + "S"
    return "PT" + (text or "0S")


def read_period(text: str) -> Period:
    """Return the period of a text in ISO 8601. Raise Unfit for another one."""
    found = re.fullmatch(DATES, text, re.IGNORECASE) if len(text) <= LONGEST_MOMENT else None
    if found is not None and len(text.lstrip("+-")) > 1:
        sign = -1 if found[1] == "-" else 1
        years, months, weeks, days = (sign * int(number or 0) for number in found.groups()[1:])
        return Period(years, months, weeks * 7 + days)
    found = re.fullmatch(TIMES, text, re.IGNORECASE) if len(text) <= LONGEST_MOMENT else None
    if found is None or text[-1] in "PTpt":
        raise Unfit("the text is no period such as P1Y2M or PT1H30M")
    return time_period(_nanos(*found.groups()))


def _nanos(
    sign: str, days: str | None, hours: str | None, minutes: str | None, seconds: str | None, part: str | None
) -> int:
    whole = int(days or 0) * DAY + int(hours or 0) * HOUR + int(minutes or 0) * MINUTE + int(seconds or 0) * SECOND
    fraction = int((part or "").ljust(9, "0"))
    total = whole + (-fraction if (seconds or "").startswith("-") else fraction)
    return -total if sign == "-" else total
