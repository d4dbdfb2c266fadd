"""The mistakes that are not mere consequences of others."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from engine.loading.files.place import Place
from engine.parameters.mistake import Mistake

OF_NAMES = frozenset({"F501", "F502", "F505", "F508"})
"""Names that are unknown: they may be defined in a part that could not be read."""

STRUCTURAL = frozenset({"F100", "F101", "F102", "F103", "F105", "F106", "F107", "F109", "F110", "F303", "F503"})
"""Each of these may hide elements that were never built."""

OF_LANGUAGE = "F401"
"""An expression that its language cannot read."""

DROPPED = "F104"
"""An expression that YAML dropped: its line lacks it."""


def is_structural(mistake: Mistake) -> bool:
    return mistake.code in STRUCTURAL


def causes_of(
    read: Sequence[Mistake],
    built: Sequence[Mistake],
    *,
    unfilled: Collection[object],
    has_lost_names: bool,
    unread_languages: Collection[str],
) -> list[Mistake]:
    """Return the mistakes of reading the files, and those of building that they did not cause; each once.

    unfilled: the places of texts with a placeholder that has no value. has_lost_names: whether some definitions could
    not be read at all. unread_languages: the files in a language that nobody knows.
    """
    spoilt = {_line(mistake) for mistake in read if mistake.code == DROPPED} | set(unfilled)
    own = [mistake for mistake in built if not _is_among(mistake, spoilt)]
    own = [mistake for mistake in own if mistake.code != OF_LANGUAGE or _file(mistake) not in unread_languages]
    if has_lost_names:
        own = [mistake for mistake in own if mistake.code not in OF_NAMES]
    return list(dict.fromkeys([*read, *own]))


def _is_among(mistake: Mistake, spoilt: Collection[object]) -> bool:
    return _line(mistake) in spoilt or mistake.place in spoilt


def _file(mistake: Mistake) -> str:
    return mistake.place.file if mistake.place else ""


def _line(mistake: Mistake) -> tuple[str, int] | None:
    return (mistake.place.file, mistake.place.line) if isinstance(mistake.place, Place) else None
