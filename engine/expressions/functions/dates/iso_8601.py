"""Dates and times as ISO 8601 writes them."""

from __future__ import annotations

import re
from datetime import date, datetime

from engine.limits import LONGEST_MOMENT

FORM = re.compile(r"[0-9W-]{7,10}(?P<time>[Tt ].*)?", re.DOTALL)
"""Python takes any character between date and time."""


def read_iso_8601(text: str) -> date | datetime:
    """Return the date, or the datetime, of a text: a T or a blank separates date and time. Raise ValueError."""
    match = FORM.fullmatch(text) if len(text) <= LONGEST_MOMENT else None
    if match is None:
        raise ValueError("no date in ISO 8601")
    return datetime.fromisoformat(text) if match["time"] else date.fromisoformat(text)
