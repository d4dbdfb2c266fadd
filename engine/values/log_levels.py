"""The levels of the loggers, and how one is set while the process runs."""

from __future__ import annotations

import logging

from engine.expressions.suggestion import did_you_mean

TRACE = 5
OFF = logging.CRITICAL + 10
LEVELS = {
    "TRACE": TRACE, "DEBUG": logging.DEBUG, "INFO": logging.INFO, "WARN": logging.WARNING, "ERROR": logging.ERROR,
    "CRITICAL": logging.CRITICAL, "OFF": OFF,
}  # fmt: skip
"""The levels by the names that people write; WARNING is WARN."""

INHERITED = "INHERITED"
"""Stands for the level of the logger above."""

OUR_LOGGER = "engine"
"""The logger above all of the engine's: `engine.access` has the requests, `engine.CATEGORY` the `logger` steps."""


def set_level(logger: str, level: str) -> None:
    """Set the level of a logger of this process: of the engine, of a category, or of a library.

    level: a name of LEVELS in any case, or `inherited`. It counts at once, for all threads and events of the process.
    Raises ValueError, which says what is expected, for a name that no logger has, and for an unknown level.
    """
    known = loggers()
    if logger not in known:
        close = did_you_mean(logger, known)
        expected = f"'{close}'" if close else f"one of {', '.join(known)}"
        raise ValueError(f"there is no logger '{logger}'; write {expected}")
    logging.getLogger(logger).setLevel(read_level(level))


def read_level(name: str) -> int:
    """Return the level of that name; 0 for `inherited`. Raises ValueError, which lists the levels."""
    upper = name.upper()
    if upper == INHERITED:
        return logging.NOTSET
    level = LEVELS.get("WARN" if upper == "WARNING" else upper)
    if level is None:
        levels = ", ".join([*LEVELS, INHERITED]).lower()
        raise ValueError(f"there is no level '{name}'; write one of {levels}")
    return level


def loggers() -> dict[str, str]:
    """Return the level that counts for each logger that is in use, by its name; those of the engine first."""
    found = [name for name, each in logging.root.manager.loggerDict.items() if isinstance(each, logging.Logger)]
    ours = sorted(name for name in found if f"{name}.".startswith(f"{OUR_LOGGER}."))
    names = [*ours, *sorted(set(found) - set(ours))]
    return {name: level_name(logging.getLogger(name).getEffectiveLevel()) for name in names}


def level_name(level: int) -> str:
    """Return the name of a level; of one between two names the lower."""
    return next((name for name, each in reversed(LEVELS.items()) if each <= level), "TRACE")
