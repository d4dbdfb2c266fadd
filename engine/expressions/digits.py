"""The digits 0 to 9: Python's own tests take those of any script for digits, and some that `int` does not read."""

from __future__ import annotations


def is_digits(text: str) -> bool:
    """Whether a text holds digits and nothing else."""
    return text.isascii() and text.isdecimal()
