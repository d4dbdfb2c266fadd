"""Names of months and days, and signs of numbers, by language. English needs nothing; others need the package Babel."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from engine.expressions.dataweave.values.errors import Failed

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
TAG = 35
WIDTHS = ("wide", "abbreviated", "narrow")


class Names(NamedTuple):
    """Names of one language: of each kind the wide, the abbreviated and the narrow ones."""

    months: dict[str, tuple[str, ...]]
    standing_months: dict[str, tuple[str, ...]]
    days: dict[str, tuple[str, ...]]
    halves: tuple[str, str]
    eras: dict[str, str]
    quarters: dict[str, tuple[str, ...]]


class Signs(NamedTuple):
    """The signs in numbers."""

    point: str
    group: str
    minus: str = "-"


def _widths(names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {
        "wide": names,
        "abbreviated": tuple(name[:3] for name in names),
        "narrow": tuple(name[:1] for name in names),
    }


ENGLISH = Names(
    _widths(MONTHS),
    _widths(MONTHS),
    _widths(DAYS),
    ("AM", "PM"),
    {"wide": "Anno Domini", "abbreviated": "AD", "narrow": "A"},
    {
        "wide": ("1st quarter", "2nd quarter", "3rd quarter", "4th quarter"),
        "abbreviated": ("Q1", "Q2", "Q3", "Q4"),
        "narrow": ("1", "2", "3", "4"),
    },
)
ENGLISH_SIGNS = Signs(".", ",")


@lru_cache(maxsize=64)
def names_of(language: str | None) -> Names:
    """Return the names of a language, by its tag (`de`, `pt-BR`); English for one that is not known."""
    locale = _locale(language)
    if locale is None:
        return ENGLISH
    periods = {**locale.day_periods["format"]["abbreviated"], **locale.periods}
    halves = str(periods.get("am", "AM")), str(periods.get("pm", "PM"))
    months, standing = locale.months["format"], locale.months["stand-alone"]
    return Names(
        {width: _in_order(months[width], 1, 12) for width in WIDTHS},
        {width: _in_order(standing[width], 1, 12) for width in WIDTHS},
        {width: _in_order(locale.days["format"][width], 0, 7) for width in WIDTHS},
        halves,
        {width: locale.eras[width][1] for width in WIDTHS},
        {width: _in_order(locale.quarters["format"][width], 1, 4) for width in WIDTHS},
    )


def _in_order(names: Any, first: int, count: int) -> tuple[str, ...]:
    return tuple(str(names[first + at]) for at in range(count))


@lru_cache(maxsize=64)
def signs_of(language: str | None) -> Signs:
    """Return the signs of numbers in a language."""
    locale = _locale(language)
    if locale is None:
        return ENGLISH_SIGNS
    symbols = locale.number_symbols
    symbols = symbols.get("latn", symbols) if "decimal" not in symbols else symbols
    return Signs(symbols["decimal"], symbols["group"], symbols.get("minusSign", "-"))


def _locale(language: str | None) -> Any:
    """Return Babel's locale; None for English and for tags that are none. Raise Failed if Babel is not installed."""
    if not language or language.lower().split("-")[0] == "en" or len(language) > TAG:
        return None
    try:
        from babel import Locale, UnknownLocaleError
    except ImportError:
        raise Failed(
            "a locale other than English needs the package Babel: pip install 'flow-engine[dataweave]'"
        ) from None
    try:
        return Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        return None
