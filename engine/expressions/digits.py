"""The digits 0 to 9: Python's own tests accept digits of any script, and some that `int` does not read."""

from __future__ import annotations


def is_digits(text: str) -> bool:
    """Return whether a text holds only digits."""
    return text.isascii() and text.isdecimal()
