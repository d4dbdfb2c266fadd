"""Objects whose names repeat, which DataWeave has, where a map is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def as_map(value: Any) -> Any:
    """Return an object whose names repeat as a map, with a list for such a name; anything else as it is."""
    return value.to_json() if _repeats(value) else value


def last_of_each(value: Any) -> Any:
    """Return an object whose names repeat as a map with the last value of each, as Java's; anything else as it is."""
    return dict(value.items()) if _repeats(value) else value


def _repeats(value: Any) -> bool:
    return not isinstance(value, Mapping) and hasattr(value, "entries") and hasattr(value, "to_json")
