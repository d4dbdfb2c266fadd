"""`==`."""

from __future__ import annotations

from typing import Any


def equals(left: Any, right: Any) -> bool:
    return bool(left == right)
