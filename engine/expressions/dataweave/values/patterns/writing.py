"""Writes dates, times and zones by Java's date patterns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.dataweave.values.errors import Unfit
from engine.expressions.dataweave.values.patterns.fields import PER_TOKEN, Token, tokens
from engine.expressions.dataweave.values.patterns.locales import Names, names_of
from engine.expressions.dataweave.values.times.moments import offset_text, zone_name, zone_text

DATE = frozenset("GuyDMLdQqYwWEecF")
TIME = frozenset("aBhKkHmsSAnN")
ZONE = frozenset("VvzOXxZ")


def write_moment(value: Any, pattern: str, language: str | None = None) -> str:
    """Return a date or a time by the pattern. Raise Unfit for letters of parts that it does not have."""
    names = names_of(language)
    return "".join(_written(value, token, names, language) for token in tokens(pattern))


def _written(value: Any, token: Token, names: Names, language: str | None) -> str:
    letter = token.letter
    if not letter:
        return token.text
    if letter == "[":
        try:
            return "".join(_written(value, part, names, language) for part in token.parts)
        except Unfit:
            return ""
    spend(PER_TOKEN, "a format")
    _refuse_lacking(value, letter)
    if letter in ZONE:
        return _written_zone(value, token, language)
    write = TEXTS.get(letter)
    text = None if write is None else write(value, token.width, names)
    if text is not None:
        return text
    return _digits(letter, token.width, NUMBERS[letter](value))


def _digits(letter: str, width: int, number: int) -> str:
    if letter in "yuY" and width == 2:
        return f"{number % 100:02d}"
    return f"{number:0{width}d}"


def _refuse_lacking(value: Any, letter: str) -> None:
    has_date, has_time = isinstance(value, date), isinstance(value, (datetime, time))
    has_zone = has_time and value.tzinfo is not None and (has_date or letter not in "Vzv")
    if (letter in DATE and not has_date) or (letter in TIME and not has_time) or (letter in ZONE and not has_zone):
        raise Unfit(f"the value has nothing for {letter} in the format")


def _since_midnight(value: Any) -> int:
    """Return microseconds."""
    seconds = (int(value.hour) * 60 + int(value.minute)) * 60 + int(value.second)
    return seconds * 1_000_000 + int(value.microsecond)


def _day_from_sunday(value: Any) -> int:
    return int(value.isoweekday()) % 7 + 1


def _week(value: Any) -> tuple[int, int]:
    """Return year and week as in the United States: weeks begin on Sunday, the first is that of January 1."""
    first = date(value.year, 1, 1)
    following = date(value.year + 1, 1, 1) if value.year < 9999 else None
    sunday = date(value.year, value.month, value.day) - timedelta(days=_day_from_sunday(value) - 1)
    if following is not None and (following - sunday).days < 7:
        return value.year + 1, 1
    return value.year, ((value.timetuple().tm_yday - 1) + _day_from_sunday(first) - 1) // 7 + 1


def _week_of_month(value: Any) -> int:
    return (int(value.day) - 1 + _day_from_sunday(value.replace(day=1)) - 1) // 7 + 1


NUMBERS: dict[str, Callable[[Any], int]] = {
    "y": lambda value: int(value.year),
    "u": lambda value: int(value.year),
    "Y": lambda value: _week(value)[0],
    "w": lambda value: _week(value)[1],
    "W": _week_of_month,
    "F": lambda value: (value.day - 1) // 7 + 1,
    "M": lambda value: int(value.month),
    "L": lambda value: int(value.month),
    "Q": lambda value: (value.month - 1) // 3 + 1,
    "q": lambda value: (value.month - 1) // 3 + 1,
    "d": lambda value: int(value.day),
    "D": lambda value: int(value.timetuple().tm_yday),
    "e": _day_from_sunday,
    "c": _day_from_sunday,
    "H": lambda value: int(value.hour),
    "k": lambda value: value.hour or 24,
    "h": lambda value: value.hour % 12 or 12,
    "K": lambda value: int(value.hour % 12),
    "m": lambda value: int(value.minute),
    "s": lambda value: int(value.second),
    "n": lambda value: int(value.microsecond) * 1000,
    "N": lambda value: _since_midnight(value) * 1000,
    "A": lambda value: _since_midnight(value) // 1000,
}


def _width(width: int) -> str:
    return {4: "wide", 5: "narrow"}.get(width, "abbreviated")


def _month(names: dict[str, tuple[str, ...]], value: Any, width: int) -> str | None:
    return names[_width(width)][value.month - 1] if width > 2 else None


def _day(value: Any, width: int, names: Names) -> str:
    return names.days[_width(width)][int(value.weekday())]


def _part_of_day(value: Any, width: int, names: Names) -> str:
    hour = value.hour
    if hour % 12 == 0 and value.minute == 0:
        return "noon" if hour else "midnight"
    parts = (
        (6, "at night"),
        (12, "in the morning"),
        (18, "in the afternoon"),
        (21, "in the evening"),
        (25, "at night"),
    )
    return next(name for until, name in parts if hour < until)


TEXTS: dict[str, Callable[[Any, int, Names], str | None]] = {
    "S": lambda value, width, names: f"{value.microsecond:06d}000"[:width],
    "a": lambda value, width, names: names.halves[value.hour >= 12],
    "B": _part_of_day,
    "G": lambda value, width, names: names.eras[_width(width)],
    "E": _day,
    "e": lambda value, width, names: _day(value, width, names) if width > 2 else None,
    "c": lambda value, width, names: _day(value, width, names) if width > 2 else None,
    "M": lambda value, width, names: _month(names.months, value, width),
    "L": lambda value, width, names: _month(names.standing_months, value, width),
    "Q": lambda value, width, names: names.quarters[_width(width)][(value.month - 1) // 3] if width > 2 else None,
    "q": lambda value, width, names: names.quarters[_width(width)][(value.month - 1) // 3] if width > 2 else None,
}


def _written_zone(value: Any, token: Token, language: str | None) -> str:
    letter, width = token.letter, token.width
    offset = value.utcoffset() or timedelta()
    if letter == "V":
        return zone_text(value.tzinfo)
    if letter in "zv":
        return _zone_name(value, width)
    if letter == "O" or (letter == "Z" and width == 4):
        return _localized(offset, width)
    if not offset and (letter == "X" or (letter == "Z" and width == 5)):
        return "Z"
    return _offset(offset, letter, width)


def _offset(offset: timedelta, letter: str, width: int) -> str:
    minutes = int(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    if letter != "Z" and width == 1:
        return f"{sign}{hours:02d}" + (f"{rest:02d}" if rest else "")
    colon = ":" if width in (3, 5) and (letter != "Z" or width == 5) else ""
    return f"{sign}{hours:02d}{colon}{rest:02d}"


def _localized(offset: timedelta, width: int) -> str:
    if not offset:
        return "GMT"
    text = offset_text(offset)
    if width == 4:
        return "GMT" + text
    hours = f"{text[0]}{int(text[1:3])}"
    return "GMT" + (hours if text.endswith(":00") else hours + text[3:])


def _zone_name(value: Any, width: int) -> str:
    if not zone_name(value.tzinfo):
        return zone_text(value.tzinfo)
    short = str(value.tzname())
    return LONG_NAMES.get(short) or _long_name(value, short) if width == 4 else short


LONG_NAMES = {"UTC": "Coordinated Universal Time", "GMT": "Greenwich Mean Time"}


def _long_name(value: Any, short: str) -> str:
    """Return the long name in English, which Babel knows; else the short one."""
    try:
        from babel.dates import get_timezone_name
    except ImportError:
        return short
    return str(get_timezone_name(value, width="long", locale="en"))
