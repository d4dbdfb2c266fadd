"""Searching for a text in another one, always in linear time.

CPython (3.10 to 3.13) compares each place with all of the part in three cases: if either text is not long, if the part
is nearly as long as the text, and always from the end. The first two are avoided by appending characters that the part
does not hold; a search from the end is a search from the start with both texts reversed.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.expressions.budget import spend

HARMLESS = 100_000
"""Characters × characters, compared in some 20 µs."""
TINY = 4096
TAIL = 30_000
"""Characters from which on CPython prepares for the worst."""
SHORTEST = 6
"""Characters of a part that are worth it."""


def find(text: str, part: str, what: str) -> int:
    """Return where the part first occurs in the text, from 0; -1 if it does not."""
    return with_tail(text, part, what).find(part)


def find_from_end(text: str, part: str, what: str) -> int:
    """Return where the part last occurs in the text; -1 if it does not."""
    if _is_harmless(text, part, what):
        return text.rfind(part)
    found = find(text[::-1], part[::-1], what)
    return len(text) - found - len(part) if found >= 0 else -1


def with_tail(text: str, part: str, what: str) -> str:
    """Return a text in which the part is found in linear time: with TAIL more characters, or unchanged."""
    return text if _is_harmless(text, part, what) else text + _strange(part, what) * TAIL


def _is_harmless(text: str, part: str, what: str) -> bool:
    compared = len(text) * len(part)
    if compared <= HARMLESS or len(part) < SHORTEST:
        if compared > TINY:
            spend(compared // 128, what)
        return True
    return False


def _strange(part: str, what: str) -> str:
    """Return a character that the part does not hold."""
    return next(character for character in _tried(len(part), what) if character not in part)


def _tried(length: int, what: str) -> Iterator[str]:
    for number in range(0x110000):
        spend(length // 256, what)
        yield chr(number)
