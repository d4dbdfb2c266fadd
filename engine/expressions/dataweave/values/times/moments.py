"""Dates, times and zones as ISO 8601 writes them: reading and writing."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any, NamedTuple

from engine.expressions.budget import spend
from engine.expressions.dataweave.values.errors import Unfit
from engine.limits import LONGEST_MOMENT, LONGEST_ZONE_NAME

FORM = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-W[0-9]{2}-[0-9]|[0-9]{4}-[0-9]{3})?"
    r"(?:(?P<t>T)?(?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?))?"
    r"(?P<offset>Z|[+-][0-9]{2}(?::[0-9]{2}(?::[0-9]{2})?)?)?(?:\[(?P<zone>[A-Za-z0-9_+/-]+)\])?",
    re.ASCII,
)
OFFSET = re.compile(r"([+-])([0-9]{1,2})(?::?([0-9]{2}))?(?::?([0-9]{2}))?", re.ASCII)
LOOKED_FOR = 2000
"""Steps to look for a zone in the files of the machine."""
SHORT_ZONES = {
    "ACT": "Australia/Darwin", "AET": "Australia/Sydney", "AGT": "America/Argentina/Buenos_Aires",
    "ART": "Africa/Cairo", "AST": "America/Anchorage", "BET": "America/Sao_Paulo", "BST": "Asia/Dhaka",
    "CAT": "Africa/Harare", "CNT": "America/St_Johns", "CST": "America/Chicago", "CTT": "Asia/Shanghai",
    "EAT": "Africa/Addis_Ababa", "ECT": "Europe/Paris", "EST": "America/Panama",
    "IET": "America/Indiana/Indianapolis", "IST": "Asia/Kolkata", "JST": "Asia/Tokyo", "MIT": "Pacific/Apia",
    "NET": "Asia/Yerevan", "NST": "Pacific/Auckland", "PLT": "Asia/Karachi", "PNT": "America/Phoenix",
    "PRT": "America/Puerto_Rico", "PST": "America/Los_Angeles", "SST": "Pacific/Guadalcanal",
    "VST": "Asia/Ho_Chi_Minh", "MST": "America/Phoenix", "HST": "Pacific/Honolulu",
}  # fmt: skip
"""Java's short names of zones (ZoneId.SHORT_IDS)."""


class Moment(NamedTuple):
    """The parts of a text in ISO 8601."""

    day: date | None
    time: time | None
    zone: tzinfo | None
    offset: tzinfo | None


def read_moment(text: str, kind: str) -> Moment:
    """Return the parts of a text. Raise Unfit if it is not ISO 8601; kind: what it should be."""
    found = FORM.fullmatch(text) if 0 < len(text) <= LONGEST_MOMENT else None
    if found is None or not _is_whole(found):
        raise Unfit(f"the text is not a {kind}")
    try:
        day = _day(found["date"]) if found["date"] else None
        clock = _time(found["time"]) if found["time"] else None
    except (ValueError, OverflowError):
        raise Unfit(f"the text is not a {kind}") from None
    offset = zone_named(found["offset"]) if found["offset"] else None
    return Moment(day, clock, zone_named(found["zone"]) if found["zone"] else offset, offset)


def _is_whole(found: re.Match[str]) -> bool:
    """Return whether what stands in the text belongs together: an offset to a time, a region to an offset."""
    has_date, has_time, has_offset = found["date"], found["time"], found["offset"]
    return (
        bool(found["t"]) == bool(has_date and has_time)
        and not (has_date and has_offset and not has_time)
        and not (found["zone"] and not has_offset)
    )


def _day(text: str) -> date:
    if len(text) == len("2024-065"):
        made = date(int(text[:4]), 1, 1) + timedelta(days=int(text[5:]) - 1)
        if str(made.year) != text[:4].lstrip("0"):
            raise ValueError
        return made
    return date.fromisoformat(text)


def _time(text: str) -> time:
    whole, _, fraction = text.partition(".")
    return time.fromisoformat(whole).replace(microsecond=int(fraction.ljust(6, "0")[:6]))


def zone_named(name: str) -> tzinfo:
    """Return the zone of an offset, `Z`, a region or one of Java's short names. Raise Unfit if there is none."""
    if name in ("Z", "z"):
        return UTC
    prefix = next((each for each in ("UTC", "GMT", "UT") if name.startswith(each)), "")
    offset = OFFSET.fullmatch(name[len(prefix) :])
    if offset is not None or name == prefix != "":
        return _named_offset(prefix, _offset(offset) if offset is not None else UTC)
    found = _region(SHORT_ZONES.get(name, name)) if len(name) <= LONGEST_ZONE_NAME else None
    if found is None:
        raise Unfit("the text is not a time zone")
    return found


def _named_offset(prefix: str, zone: timezone) -> timezone:
    """Return the zone of GMT+2, which keeps its name."""
    if not prefix:
        return zone
    offset = zone.utcoffset(None)
    return timezone(offset, prefix + (offset_text(offset) if offset else ""))


def _offset(found: re.Match[str]) -> timezone:
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    total = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or total > 18 * 3600:
        raise Unfit("a time zone is at most 18 hours away from UTC")
    return timezone(timedelta(seconds=-total if found[1] == "-" else total)) if total else UTC


@lru_cache(maxsize=1024)
def _region(name: str) -> tzinfo | None:
    from zoneinfo import ZoneInfo  # 3 ms to import, and few scripts need it

    spend(LOOKED_FOR, "a time zone")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name of a zone, a folder of zones
        return None


def read_as(text: str, kind: str) -> Any:
    """Return the Date, Time, … of a text in ISO 8601; parts that the type does not have are left out."""
    parts = read_moment(text, kind)
    found = MAKING[kind](parts)
    if found is None:
        raise Unfit(f"the text is not a {kind}")
    return found


def _local(parts: Moment) -> datetime | None:
    return datetime.combine(parts.day, parts.time) if parts.day and parts.time is not None else None


def _zoned(parts: Moment) -> datetime | None:
    local = _local(parts)
    return None if local is None else local.replace(tzinfo=parts.zone or UTC)


def _zoned_time(parts: Moment) -> time | None:
    return None if parts.time is None else parts.time.replace(tzinfo=parts.offset or UTC)


MAKING: dict[str, Any] = {
    "Date": lambda parts: parts.day,
    "DateTime": _zoned,
    "LocalDateTime": _local,
    "Time": _zoned_time,
    "LocalTime": lambda parts: parts.time,
    "TimeZone": lambda parts: parts.offset,
}


# Writing


def moment_text(value: date | time | tzinfo) -> str:
    """Return a date, a time or a zone as ISO 8601 writes it."""
    if isinstance(value, datetime):
        return f"{_day_text(value)}T{_time_text(value)}"
    if isinstance(value, date):
        return _day_text(value)
    return _time_text(value) if isinstance(value, time) else zone_text(value)


def _day_text(value: date) -> str:
    return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"


def _time_text(value: datetime | time) -> str:
    text = f"{value.hour:02d}:{value.minute:02d}:{value.second:02d}"
    if value.microsecond:
        text += f".{value.microsecond:06d}".rstrip("0")
    return text + offset_text(value.utcoffset()) if value.tzinfo is not None else text


def offset_text(offset: timedelta | None) -> str:
    """Return an offset as +01:00, or Z."""
    seconds = int(offset.total_seconds()) if offset is not None else 0
    if seconds == 0:
        return "Z"
    minutes, rest = divmod(abs(seconds), 60)
    text = f"{'-' if seconds < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{rest:02d}" if rest else text


def zone_text(zone: tzinfo) -> str:
    """Return the name of a region or of an offset, such as GMT, or an offset."""
    return zone_name(zone) or offset_text(zone.utcoffset(None))


def zone_name(zone: tzinfo) -> str:
    """Return the name under which a zone was asked for; nothing for one by its offset."""
    if isinstance(zone, timezone):
        given: tuple[Any, ...] = zone.__getinitargs__()  # type: ignore[attr-defined]  # the types do not know it
        return str(given[1]) if len(given) > 1 else ""
    return str(getattr(zone, "key", ""))
