"""Looking for a text in another one, in linear time whatever they are.

CPython (3.10 to 3.13) compares each place with all of the part in three cases: where either text is not long,
where the part is nearly as long as the text, and always from the end. The first two are no more where something
follows that the part does not hold; from the end is from the start of both backwards.
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
    """Where the part first stands in the text, from 0; -1 where it does not."""
    return with_tail(text, part, what).find(part)


def find_from_end(text: str, part: str, what: str) -> int:
    """Where the part last stands in the text; -1 where it does not."""
    if _is_harmless(text, part, what):
        return text.rfind(part)
    found = find(text[::-1], part[::-1], what)
    return len(text) - found - len(part) if found >= 0 else -1


def with_tail(text: str, part: str, what: str) -> str:
    """The text, in which the part is found in linear time: with TAIL more characters, or as it is."""
    return text if _is_harmless(text, part, what) else text + _strange(part, what) * TAIL


def _is_harmless(text: str, part: str, what: str) -> bool:
    compared = len(text) * len(part)
    if compared <= HARMLESS or len(part) < SHORTEST:
        if compared > TINY:
            spend(compared // 128, what)
        return True
    return False


def _strange(part: str, what: str) -> str:
    """A character that the part does not hold."""
    return next(character for character in _tried(len(part), what) if character not in part)


def _tried(length: int, what: str) -> Iterator[str]:
    for number in range(0x110000):
        spend(length // 256, what)
        yield chr(number)
