"""Suggests the name that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str], prefix: str = "", *, likeness: float = 0.6) -> str:
    """Return the known name most similar to this one, with the prefix; empty if none is."""
    from difflib import get_close_matches  # 4 ms to import, and only a mistake needs it

    close = get_close_matches(name, list(known), n=1, cutoff=likeness)
    return prefix + close[0] if close else ""
