"""Java's date patterns (java.time.format.DateTimeFormatter), in English: writing and reading.

Both walk the pattern once, from left to right, without going back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any, NamedTuple

from engine.expressions.budget import spend
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.dates.zones import OFFSET, offset, zone
from engine.limits import LONGEST_FORMAT_PATTERN, LONGEST_ZONE_NAME

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PIECE = r"'((?:[^']|'')*)'|([A-Za-z])\2*|([^A-Za-z'])"
PER_CHARACTER = 40
"""Steps to parse a pattern that is not known yet."""
PER_TOKEN = 16
"""Steps to write or read the value of a letter."""
WIDEST = 9
TIME = frozenset("HhkKmsSa")
ZONE = frozenset("XxZVz")
OTHERS = {"Y": "y (Y is the year of a week)", "A": "S", "n": "S", "w": "D", "e": "E"}
ZONE_NAME = rf"[A-Za-z0-9_+/-]{{1,{LONGEST_ZONE_NAME}}}"
NUMBER_FIELDS: dict[str, Callable[[Any], int]] = {
    "y": lambda value: int(value.year),
    "u": lambda value: int(value.year),
    "M": lambda value: int(value.month),
    "L": lambda value: int(value.month),
    "d": lambda value: int(value.day),
    "D": lambda value: int(value.timetuple().tm_yday),
    "H": lambda value: int(value.hour),
    "k": lambda value: value.hour or 24,
    "h": lambda value: value.hour % 12 or 12,
    "K": lambda value: int(value.hour % 12),
    "m": lambda value: int(value.minute),
    "s": lambda value: int(value.second),
}


class Token(NamedTuple):
    """A literal text (no letter), or a letter and how often it is repeated."""

    letter: str
    width: int
    text: str


@lru_cache(maxsize=128)
def tokens(function: str, pattern: str) -> tuple[Token, ...]:
    """Split the pattern into tokens. Raise EvaluationError for letters that do not belong to a date."""
    spend(PER_CHARACTER * len(pattern[:LONGEST_FORMAT_PATTERN]), f"{function}()")
    found: list[Token] = []
    position = 0
    while position < len(pattern) <= LONGEST_FORMAT_PATTERN and (match := re.compile(PIECE).match(pattern, position)):
        quoted, letter, other = match.groups()
        position = match.end()
        literal = other if quoted is None else quoted.replace("''", "'") or "'"
        found.append(Token("", 0, literal) if letter is None else _field(function, letter, len(match[0])))
    if position < len(pattern) or not pattern:
        raise EvaluationError(f"{function}() takes a date pattern such as yyyy-MM-dd'T'HH:mm:ssXXX, not another string")
    return tuple(found)


def _field(function: str, letter: str, width: int) -> Token:
    widest = WIDEST if letter in "SyuD" else 5 if letter == "Z" else 4
    if (letter in NUMBER_FIELDS or letter in ZONE or letter in "SaE") and width <= widest:
        return Token(letter, width, "")
    instead = f"at most {letter * widest}" if width > widest else OTHERS.get(letter, "'…' around text")
    raise EvaluationError(f"{function}() knows no {letter * min(width, 3)} in a date pattern: write {instead}")


# Writing


def write_date(function: str, value: date, pattern: str) -> str:
    """Write a date or a datetime by the pattern."""
    found = tokens(function, pattern)
    spend(PER_TOKEN * len(found), f"{function}()")
    return "".join(_written(function, value, token) for token in found)


def _written(function: str, value: Any, token: Token) -> str:
    letter = token.letter
    if not letter:
        return token.text
    if letter in TIME or letter in ZONE:
        _refuse_lacking(function, value, letter)
    if letter in ZONE:
        return _written_zone(value, letter, token.width)
    if letter == "S":
        return f"{value.microsecond:06d}000"[: token.width]
    if letter == "a":
        return "AM" if value.hour < 12 else "PM"
    if letter == "E":
        return _named(DAYS[value.weekday()], token.width, 4)
    if letter in "ML" and token.width > 2:
        return _named(MONTHS[value.month - 1], token.width, 4)
    number = NUMBER_FIELDS[letter](value)
    return f"{number % 100:02d}" if letter in "yu" and token.width == 2 else f"{number:0{token.width}d}"


def _refuse_lacking(function: str, value: Any, letter: str) -> None:
    if not isinstance(value, datetime):
        raise EvaluationError(f"{function}() finds {letter} in the pattern, but a date has no time")
    if letter in ZONE and value.tzinfo is None:
        raise EvaluationError(f"{function}() finds {letter} in the pattern, but the datetime has no time zone")


def _named(name: str, width: int, whole: int) -> str:
    return name if width >= whole else name[:3]


def _written_zone(value: datetime, letter: str, width: int) -> str:
    if letter in "Vz":
        return str(getattr(value.tzinfo, "key", None) or value.tzname()) if letter == "V" else str(value.tzname())
    seconds = int(value.utcoffset().total_seconds())  # type: ignore[union-attr]  # it has a zone
    if seconds == 0 and (letter == "X" or (letter == "Z" and width == 5)):
        return "Z"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    sign = "-" if seconds < 0 else "+"
    if letter != "Z" and width == 1:
        return f"{sign}{hours:02d}" + (f"{minutes:02d}" if minutes else "")
    colon = ":" if width in (3, 5) and (letter != "Z" or width == 5) else ""
    return f"{sign}{hours:02d}{colon}{minutes:02d}"


# Reading


def read_date(function: str, text: str, pattern: str) -> date | datetime:
    """Read the date, or the datetime if the pattern has a time, that a text holds. The whole text must fit."""
    try:
        return _assembled(function, _fields(function, text, pattern))
    except (ValueError, OverflowError):
        raise EvaluationError(f"{function}() takes a string that fits the pattern, not another one") from None


def fits_date_pattern(function: str, text: str, pattern: str) -> bool:
    """Return whether a text is a date, a time or a part of them that fits the pattern, and exists.

    Parts that the pattern leaves out are taken from January 1 of a leap year. Raise EvaluationError for an invalid
    pattern.
    """
    letters = {token.letter for token in tokens(function, pattern)}
    given = {"y": 2000} if letters.isdisjoint("yu") else {}
    given |= {"M": 1} if letters.isdisjoint("ML") else {}
    given |= {"d": 1} if "d" not in letters else {}
    try:
        _assembled(function, _fields(function, text, pattern) | given)
    except (ValueError, OverflowError, EvaluationError):
        return False
    return True


def _fields(function: str, text: str, pattern: str) -> dict[str, Any]:
    """Return the value of each letter of the pattern in the text. Raise ValueError if the text does not fit."""
    fields: dict[str, Any] = {}
    position = 0
    found = tokens(function, pattern)
    spend(PER_TOKEN * len(found), f"{function}()")
    for token in found:
        position = _read(function, text, position, token, fields)
    if position < len(text):
        raise ValueError
    return fields


def _read(function: str, text: str, position: int, token: Token, fields: dict[str, Any]) -> int:
    """Return the position after the token; its value is stored in `fields`. Raise ValueError if it does not fit."""
    letter, width = token.letter, token.width
    if not letter:
        if not text.startswith(token.text, position):
            raise ValueError
        return position + len(token.text)
    if letter in ZONE:
        return _read_zone(function, text, position, fields)
    names = {"a": ("AM", "PM"), "E": DAYS}.get(letter) or (MONTHS if letter in "ML" and width > 2 else None)
    if names:
        return _read_name(text, position, letter, names, width, fields)
    end = position + _digits(text, position, _most_digits(letter, width))
    if end == position or (width > 1 and end - position < width):
        raise ValueError
    fields[letter] = _number(letter, text[position:end])
    return end


def _most_digits(letter: str, width: int) -> int:
    if width > 1 or letter == "S":
        return width
    return {"y": 9, "u": 9, "D": 3}.get(letter, 2)


def _digits(text: str, position: int, most: int) -> int:
    piece = text[position : position + most]
    return next((at for at, character in enumerate(piece) if character not in "0123456789"), len(piece))


def _number(letter: str, digits: str) -> int:
    if letter == "S":
        return int(digits.ljust(6, "0")[:6])
    return 2000 + int(digits) if letter in "yu" and len(digits) == 2 else int(digits)


def _read_name(
    text: str, position: int, letter: str, names: tuple[str, ...], width: int, fields: dict[str, Any]
) -> int:
    for number, name in enumerate(names, 1):
        name = _named(name, width, 4)
        if text[position : position + len(name)].lower() == name.lower():
            fields[letter] = number
            return position + len(name)
    raise ValueError


def _read_zone(function: str, text: str, position: int, fields: dict[str, Any]) -> int:
    if text[position : position + 1] == "Z":
        fields["zone"] = zone("Z", function)
        return position + 1
    match = re.compile(OFFSET).match(text, position)
    if match is not None:
        fields["zone"] = offset(match, function)
        return match.end()
    name = re.compile(ZONE_NAME).match(text, position)
    if name is None:
        raise ValueError
    fields["zone"] = zone(name[0], function)
    return name.end()


def _assembled(function: str, fields: dict[str, Any]) -> date | datetime:
    year, month, day = (fields.get(letter, fields.get(other)) for letter, other in ("yu", "ML", "dd"))
    if year is not None and "D" in fields:
        ordinal = date(year, 1, 1) + timedelta(days=fields["D"] - 1)
        month, day = ordinal.month, ordinal.day if ordinal.year == year else 0
    if year is None or month is None or day is None:
        raise EvaluationError(f"{function}() takes a pattern with a year, a month and a day")
    if fields.get("E", date(year, month, day).isoweekday()) != date(year, month, day).isoweekday():
        raise ValueError("another day of the week")
    if not TIME & fields.keys() and "zone" not in fields:
        return date(year, month, day)
    zone_: tzinfo | None = fields.get("zone")
    return datetime(year, month, day, _hour(fields), fields.get("m", 0), fields.get("s", 0), fields.get("S", 0), zone_)


def _hour(fields: dict[str, Any]) -> int:
    for letter, modulus, low in (("H", 24, 0), ("k", 24, 1), ("h", 12, 1), ("K", 12, 0)):
        if letter in fields:
            hour = int(fields[letter])
            if not low <= hour < low + modulus:
                raise ValueError("no such hour")
            afternoon = modulus == 12 and fields.get("a") == 2
            return hour % modulus + (12 if afternoon else 0)
    return 0
