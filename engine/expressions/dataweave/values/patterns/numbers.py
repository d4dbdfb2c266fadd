"""Java's number patterns (java.text.DecimalFormat): writing and reading."""

from __future__ import annotations

import re
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
    Inexact,
    InvalidOperation,
    localcontext,
)  # fmt: skip
from functools import lru_cache
from typing import NamedTuple

from engine.expressions.budget import spend
from engine.expressions.dataweave.values.errors import Failed, Unfit
from engine.expressions.dataweave.values.numbers import EXACT, decimal_of, simplest
from engine.expressions.dataweave.values.patterns.locales import Signs, signs_of
from engine.expressions.functions.numbers.number_patterns import grouped, scale_of, unquoted
from engine.limits import LONGEST_FORMAT_PATTERN, LONGEST_NUMBER

AFFIX = r"(?:'[^']*'|[^'#0,.;])*"
PATTERN = (
    rf"(?P<before>{AFFIX})(?P<whole>[#,]*[0,]*)(?P<fraction>\.(?P<least>0*)(?P<more>#*))?(?:E(?P<exponent>0+))?"
    rf"(?P<behind>{AFFIX})"
    rf"(?:;(?P<negative>{AFFIX})[#0,.]*(?P<negative_behind>{AFFIX}))?"
)
PER_CHARACTER = 40
"""Steps to parse a pattern that is not known yet."""
PER_DIGIT = 2
MODES = {
    "CEILING": ROUND_CEILING, "DOWN": ROUND_DOWN, "FLOOR": ROUND_FLOOR, "HALF_DOWN": ROUND_HALF_DOWN,
    "HALF_EVEN": ROUND_HALF_EVEN, "HALF_UP": ROUND_HALF_UP, "UP": ROUND_UP,
}  # fmt: skip
"""Java's rounding modes."""


class Pattern(NamedTuple):
    """A parsed pattern. least_whole, least, most: digits; group: digits between commas, 0 for none."""

    before: str
    behind: str
    negative_before: str
    negative_behind: str
    scale: int
    least_whole: int
    most_whole: int
    group: int
    least: int
    most: int
    exponent: int


@lru_cache(maxsize=128)
def pattern_of(pattern: str) -> Pattern:
    """Parse a pattern. Raise Unfit if it is not a number pattern."""
    spend(PER_CHARACTER * len(pattern[:LONGEST_FORMAT_PATTERN]), "a format")
    match = re.fullmatch(PATTERN, pattern) if len(pattern) <= LONGEST_FORMAT_PATTERN else None
    if match is None:
        raise Unfit("the format is not a number pattern such as #,##0.00")
    whole, least, more = match["whole"], len(match["least"] or ""), len(match["more"] or "")
    if not whole and not least and more:  # Java reads .## as .0#
        least, more = 1, more - 1
    before, behind = unquoted(match["before"]), unquoted(match["behind"])
    second = match["negative"] is not None
    digits = whole.replace(",", "")
    return Pattern(
        before,
        behind,
        unquoted(match["negative"]) if second else "-" + before,
        unquoted(match["negative_behind"]) if second else behind,
        scale=scale_of(match["before"] + match["behind"]),
        least_whole=digits.count("0") or _implied(digits, least, has_point=match["fraction"] is not None),
        most_whole=len(digits),
        group=len(whole.rpartition(",")[2]) if "," in whole else 0,
        least=least,
        most=least + more,
        exponent=len(match["exponent"] or ""),
    )


def _implied(digits: str, least: int, *, has_point: bool) -> int:
    """Return the digits in front of the point of a pattern without 0 there: #.## writes 0.5, #.00 and # do not."""
    return int(not least and (has_point or not digits))


def write_number(number: int | Decimal, pattern: str, language: str | None = None, mode: str | None = None) -> str:
    """Return the number by the pattern. mode: Java's name of a rounding mode; HALF_UP if it is none."""
    form, signs = pattern_of(pattern), signs_of(language)
    value = _shifted(decimal_of(number), form.scale)
    rounding = MODES.get(mode or "", ROUND_HALF_UP)
    body = _scientific(value, form, rounding, signs) if form.exponent else _fixed(value, form, rounding, signs)
    if value < 0:
        return form.negative_before.replace("-", signs.minus, 1) + body + form.negative_behind
    return form.before + body + form.behind


def _fixed(value: Decimal, form: Pattern, rounding: str, signs: Signs) -> str:
    whole, fraction = _digits(_rounded(value, form.most, rounding), form.least)
    spend(PER_DIGIT * len(whole), "a format")
    whole = whole.rjust(form.least_whole, "0") or ("" if fraction else "0")
    return grouped(whole, form.group, signs.group) + (signs.point + fraction if fraction else "")


def _digits(value: Decimal, least: int) -> tuple[str, str]:
    """Return the digits in front of the point without zeros, and those behind it, at least so many."""
    whole, _, fraction = f"{value.copy_abs():f}".partition(".")
    return whole.lstrip("0"), fraction[:least].ljust(least, "0") + fraction[least:].rstrip("0")


def _scientific(value: Decimal, form: Pattern, rounding: str, signs: Signs) -> str:
    """Return the digits with an exponent: a multiple of the most digits in front of the point, if these vary."""
    exponent = _exponent(value, form)
    shown = _mantissa(value, exponent, form, rounding)
    if _exponent(_shifted(shown, exponent), form) != exponent:  # rounding made one digit more
        exponent = _exponent(_shifted(shown, exponent), form)
        shown = _mantissa(value, exponent, form, rounding)
    whole, fraction = _digits(shown, form.least)
    whole = whole.rjust(form.least_whole, "0") or "0"
    sign = signs.minus if exponent < 0 else ""
    return whole + (signs.point + fraction if fraction else "") + f"E{sign}{abs(exponent):0{form.exponent}d}"


def _exponent(value: Decimal, form: Pattern) -> int:
    if not value:
        return 0
    if form.most_whole > form.least_whole and form.most_whole > 1:
        return value.adjusted() - value.adjusted() % form.most_whole
    return value.adjusted() - max(form.least_whole, 1) + 1


def _mantissa(value: Decimal, exponent: int, form: Pattern, rounding: str) -> Decimal:
    most = form.most
    if value and form.most_whole > form.least_whole and form.most_whole > 1:
        most += form.most_whole - (value.adjusted() - exponent + 1)
    return _rounded(_shifted(value, -exponent), max(most, 0), rounding)


def _rounded(value: Decimal, digits: int, rounding: str) -> Decimal:
    """Return the value with so many digits. As in Java, one that has only zeros there becomes 0, even by UP."""
    if value.adjusted() + 1 < -digits:
        rounding = ROUND_DOWN
    with localcontext(EXACT) as context:
        context.traps[Inexact] = False
        try:
            return value.quantize(Decimal(1).scaleb(-digits), rounding=rounding)
        except InvalidOperation:
            raise Unfit("the number is too large for a format") from None


def _shifted(number: Decimal, places: int) -> Decimal:
    sign, digits, exponent = number.as_tuple()
    return Decimal((sign, digits, int(exponent) + places))


def read_number_by(text: str, pattern: str, language: str | None = None) -> int | Decimal:
    """Return the number at the start of a text, by the pattern. Raise Failed if there is none."""
    form, signs = pattern_of(pattern), signs_of(language)
    if len(text) > LONGEST_NUMBER:
        raise Failed("the text is too long for a number")
    negative = text.startswith(form.negative_before) and len(form.negative_before) > len(form.before)
    before = form.negative_before if negative else form.before
    if not text.startswith(before):
        raise Failed("the text does not fit the format", "InvalidNumberFormatException")
    digits = rf"[0-9{re.escape(signs.group)}]*"
    found = re.compile(rf"({digits})(?:{re.escape(signs.point)}([0-9]*))?(?:E(-?[0-9]{{1,3}}))?").match(
        text, len(before)
    )
    if found is None or not re.search("[0-9]", found[0]):
        raise Failed("the text does not fit the format", "InvalidNumberFormatException")
    number = Decimal(f"{found[1].replace(signs.group, '') or 0}.{found[2] or 0}E{found[3] or 0}")
    return simplest(_shifted(-number if negative else number, -form.scale))
