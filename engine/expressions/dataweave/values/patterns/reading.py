"""Reads dates and times by Java's date patterns, and puts them together by mode: SMART, STRICT or LENIENT."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.dataweave.values.errors import Unfit
from engine.expressions.dataweave.values.patterns.fields import PER_TOKEN, Token, tokens
from engine.expressions.dataweave.values.patterns.locales import Names, names_of
from engine.expressions.dataweave.values.times.moments import zone_named
from engine.limits import LONGEST_TEXT, LONGEST_ZONE_NAME

OFFSET = re.compile(r"Z|[+-][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2})?)?")
LOCALIZED = re.compile(r"GMT(?:[+-][0-9]{1,2}(?::[0-9]{2})?)?")
NAME = re.compile(rf"[A-Za-z][A-Za-z0-9_+/:-]{{0,{LONGEST_ZONE_NAME}}}")
TIME = frozenset("HhKkmsSaAnN")
ABBREVIATIONS = {
    "EST": "America/New_York", "EDT": "America/New_York", "CST": "America/Chicago", "CDT": "America/Chicago",
    "MST": "America/Denver", "MDT": "America/Denver", "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles",
    "CET": "Europe/Paris", "CEST": "Europe/Paris", "BST": "Europe/London", "EET": "Europe/Bucharest",
    "EEST": "Europe/Bucharest", "WET": "Europe/Lisbon", "WEST": "Europe/Lisbon",
}  # fmt: skip
"""Names of zones that `z` reads, and the region that Java takes."""
VARYING = 19
"""Digits of a number whose width the pattern leaves open, as in Java."""

Fields = dict[str, Any]


class Unread(Exception):
    """A text that does not fit the pattern."""


def read_by(text: str, pattern: str, kind: str, mode: str | None = None, language: str | None = None) -> Any:
    """Return the Date, DateTime, LocalDateTime, Time or LocalTime that a text holds. Raise Unfit if it does not fit."""
    found: Fields = {}
    try:
        end = _read_all(text[:LONGEST_TEXT], 0, tokens(pattern), found, names_of(language))
        if end < len(text):
            raise Unread
        return _made(found, kind, mode if mode in ("STRICT", "LENIENT") else "SMART")
    except (Unread, ValueError, OverflowError, KeyError):
        raise Unfit(f"the text is not a {kind} of this format") from None


def _read_all(text: str, position: int, parts: Sequence[Token], found: Fields, names: Names) -> int:
    for at, token in enumerate(parts):
        spend(PER_TOKEN, "a format")
        if token.letter == "[":
            position = _read_optional(text, position, token, found, names)
        else:
            position = _read(text, position, token, found, names, _reserved(parts[at + 1 :]))
    return position


def _read_optional(text: str, position: int, token: Token, found: Fields, names: Names) -> int:
    inner: Fields = {}
    try:
        position = _read_all(text, position, token.parts, inner, names)
    except Unread:
        return position
    found.update(inner)
    return position


def _reserved(following: Sequence[Token]) -> int:
    """Return the digits of numbers of fixed width that follow without anything between."""
    digits = 0
    for token in following:
        if not token.is_number or (token.width == 1 and token.letter != "S"):
            break
        digits += token.width
    return digits


def _read(text: str, position: int, token: Token, found: Fields, names: Names, reserved: int) -> int:
    letter = token.letter
    if not letter:
        if text[position : position + len(token.text)].lower() != token.text.lower():
            raise Unread
        return position + len(token.text)
    if letter in "XxZOzvV":
        return _read_zone(text, position, token, found)
    if not token.is_number:
        return _read_name(text, position, token, found, names)
    return _read_digits(text, position, token, found, reserved)


def _read_digits(text: str, position: int, token: Token, found: Fields, reserved: int) -> int:
    letter, width = token.letter, token.width
    varies = width == 1 or (letter in "yuY" and width != 2)
    if letter == "S":
        varies = False
    end = position
    most = VARYING if varies else width
    while end < len(text) and end - position < most and text[end] in "0123456789":
        end += 1
    if varies and reserved:
        end = max(end - reserved, position)
    if end == position or end - position < (1 if width == 1 and letter != "S" else width):
        raise Unread
    digits = text[position:end]
    if letter == "S":
        found[letter] = int(digits.ljust(9, "0"))
    else:
        found[letter] = int(digits) + (2000 if letter in "yuY" and width == 2 else 0)
    return end


def _read_name(text: str, position: int, token: Token, found: Fields, names: Names) -> int:
    options = _names(token, names)
    rest = text[position : position + 64].lower()
    fitting = [(len(name), number) for number, name in enumerate(options, 1) if rest.startswith(name.lower())]
    if not fitting:
        raise Unread
    length, number = max(fitting)
    found[{"L": "M", "e": "E", "c": "E"}.get(token.letter, token.letter)] = number
    return position + length


def _names(token: Token, names: Names) -> tuple[str, ...]:
    width = {4: "wide", 5: "narrow"}.get(token.width, "abbreviated")
    letter = token.letter
    if letter == "a":
        return names.halves
    if letter == "G":
        return (names.eras[width],)
    if letter in "Qq":
        return names.quarters[width]
    if letter in "ML":
        return names.months[width] if letter == "M" else names.standing_months[width]
    return names.days[width] if letter in "Eec" else ()


def _read_zone(text: str, position: int, token: Token, found: Fields) -> int:
    letter = token.letter
    form = LOCALIZED if letter == "O" or (letter == "Z" and token.width == 4) else OFFSET
    match = form.match(text, position)
    if match is None and letter in "zvV":
        match = NAME.match(text, position)
    if match is None:
        raise Unread
    name = ABBREVIATIONS.get(match[0], match[0]) if letter in "zv" else match[0]
    try:
        found["zone"] = zone_named(name)
    except Unfit:
        raise Unread from None
    return match.end()


# Putting together


def _made(found: Fields, kind: str, mode: str) -> Any:
    if kind == "TimeZone":
        return found["zone"]
    zone: tzinfo | None = found.get("zone")
    if kind == "Date":
        return _date(found, mode) + timedelta(days=_days(found, mode))
    clock, days = _time(found, mode)
    if kind == "LocalTime":
        return clock
    if kind == "Time":
        if zone is None or hasattr(zone, "key"):  # the offset of a region depends on the date
            raise Unread
        return clock.replace(tzinfo=zone)
    moment = datetime.combine(_date(found, mode), clock) + timedelta(days=days)
    if kind == "LocalDateTime":
        return moment
    if zone is None:
        raise Unread
    return moment.replace(tzinfo=zone)


def _days(found: Fields, mode: str) -> int:
    """Return the days that a time adds to a date: 1 for 24:00."""
    if found.keys() & {"H", "k"} or ("a" in found and found.keys() & {"h", "K"}):
        return _time(found, mode)[1]
    if not 1 <= found.get("h", 1) <= 12:
        raise Unread
    return 0


def _date(found: Fields, mode: str) -> date:
    year = found.get("u", found.get("y"))
    if year is None or (mode == "STRICT" and "u" not in found and "G" not in found):
        raise Unread
    if "D" in found:
        return _of_year(year, found["D"])
    month, day = found.get("M", found.get("L")), found.get("d")
    if month is None or day is None:
        raise Unread
    made = _in_month(year, month, day, mode)
    if found.get("E", made.isoweekday()) != made.isoweekday():
        raise Unread
    return made


def _in_month(year: int, month: int, day: int, mode: str) -> date:
    if mode == "LENIENT":
        year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
        return date(year, month, 1) + timedelta(days=day - 1)
    if not 1 <= day <= 31:
        raise Unread
    return date(year, month, min(day, _last_day(year, month)) if mode == "SMART" else day)


def _of_year(year: int, day: int) -> date:
    made = date(year, 1, 1) + timedelta(days=day - 1)
    if made.year != year:
        raise Unread
    return made


def _last_day(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1) if (year, month) != (9999, 12) else None
    return 31 if following is None else (following - timedelta(days=1)).day


def _time(found: Fields, mode: str) -> tuple[time, int]:
    """Return the time and the days to add to the date."""
    if "N" in found or "A" in found:
        micros = found["N"] // 1000 if "N" in found else found["A"] * 1000
        return (datetime.min + timedelta(microseconds=micros)).time(), 0
    nanos = int(found.get("n") or found.get("S") or 0)
    hour, minute, second = _hour(found, mode), int(found.get("m", 0)), int(found.get("s", 0))
    if mode == "LENIENT":
        moment = datetime(2000, 1, 1) + timedelta(
            hours=hour, minutes=minute, seconds=second, microseconds=nanos // 1000
        )
        return moment.time(), (moment.date() - date(2000, 1, 1)).days
    if hour == 24 and minute == second == nanos == 0 and mode == "SMART":
        return time(0), 1
    return time(hour, minute, second, nanos // 1000), 0


def _hour(found: Fields, mode: str) -> int:
    if "H" in found:
        return int(found["H"])
    if "k" in found:
        return int(found["k"]) % 24
    if "a" not in found or not ("h" in found or "K" in found):
        raise Unread
    hour = int(found["h"] if "h" in found else found["K"])
    if not 0 <= hour <= 12 and mode != "LENIENT":
        raise Unread
    return hour * (hour != 12) + (12 if found["a"] == 2 else 0)
