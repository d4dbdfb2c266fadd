"""The variables after a loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def restored(inside: Mapping[str, Any], before: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return the variables after a loop, with the loop's own ones as before it: their values, or not there."""
    after = dict(inside)
    for name in names:
        after.pop(name, None)
        if name in before:
            after[name] = before[name]
    return after
