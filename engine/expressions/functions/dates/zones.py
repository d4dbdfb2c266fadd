"""Time zones, by name or offset."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from functools import lru_cache

from engine.expressions.budget import spend
from engine.expressions.errors import EvaluationError
from engine.limits import LONGEST_ZONE_NAME

OFFSET = r"([+-])([0-9]{2}):?([0-9]{2})?"
"""Like the other expressions of these files, compiled when it is first needed: it would add 2 ms to a start."""
LOOKED_FOR = 2000
"""Steps to look for a zone in the files of the machine."""


def zone(name: str, function: str) -> tzinfo:
    """Return the zone of a name (`Europe/Vienna`), an offset (`+02:00`), `Z` or `UTC`."""
    if name in ("Z", "UTC", "GMT"):
        return UTC
    match = re.fullmatch(OFFSET, name)
    if match is not None:
        return offset(match, function)
    found = _named(name) if len(name) <= LONGEST_ZONE_NAME else None
    if found is None:
        raise EvaluationError(f"{function}() takes the name of a time zone, not another string")
    return found


@lru_cache(maxsize=1024)
def _named(name: str) -> tzinfo | None:
    """Return the zone of a name, or None if there is none."""
    from zoneinfo import ZoneInfo  # 3 ms to import, and few flows need it

    spend(LOOKED_FOR, "a time zone")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name of a zone, a folder of zones
        return None


def offset(match: re.Match[str], function: str) -> tzinfo:
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    if minutes >= 24 * 60 or int(match[3] or 0) > 59:
        raise EvaluationError(f"{function}() takes an offset of less than a day")
    return timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes)) if minutes else UTC
