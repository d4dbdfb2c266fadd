"""Java's number patterns (java.text.DecimalFormat), with a point and commas as in English: writing and reading."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from engine.expressions.budget import spend
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import function
from engine.expressions.functions.numbers.rounding import exact, rounded, shifted
from engine.limits import LONGEST_FORMAT_PATTERN, LONGEST_NUMBER

AFFIX = r"(?:'[^']*'|[^'#0,.;\u00a4])*"
"""Text around the digits; the sign of currencies depends on the machine's locale, and is not supported."""
PATTERN = (
    rf"(?P<before>{AFFIX})(?P<whole>[#,]*[0,]*)(?P<fraction>\.(?P<least>0*)(?P<more>#*))?(?P<behind>{AFFIX})"
    rf"(?:;(?P<negative>{AFFIX})[#0,.]+(?P<negative_behind>{AFFIX}))?"
)
PER_CHARACTER = 40
"""Steps to parse a pattern that is not known yet."""
PER_DIGIT = 2
"""Steps to write one."""
SCALES = {"%": 2, "\u2030": 3}


class Pattern(NamedTuple):
    """A parsed pattern. least_whole, least, most: digits; group: digits between commas, 0 for none."""

    before: str
    behind: str
    negative_before: str
    negative_behind: str
    scale: int
    least_whole: int
    group: int
    least: int
    most: int


@lru_cache(maxsize=128)
def pattern_of(name: str, pattern: str) -> Pattern:
    """Parse a pattern. Raise EvaluationError if it is not a number pattern."""
    spend(PER_CHARACTER * len(pattern[:LONGEST_FORMAT_PATTERN]), f"{name}()")
    match = re.fullmatch(PATTERN, pattern) if len(pattern) <= LONGEST_FORMAT_PATTERN else None
    if match is None or not re.search("[#0]", match["whole"] + (match["fraction"] or "")):
        raise EvaluationError(f"{name}() takes a number pattern such as #,##0.00, not another string")
    whole, least, more = match["whole"], len(match["least"] or ""), len(match["more"] or "")
    before, behind = unquoted(match["before"]), unquoted(match["behind"])
    has_second = match["negative"] is not None
    return Pattern(
        before,
        behind,
        unquoted(match["negative"]) if has_second else "-" + before,
        unquoted(match["negative_behind"]) if has_second else behind,
        scale=scale_of(match["before"] + match["behind"]),
        least_whole=whole.count("0") or int("#" in whole and match["least"] == ""),  # Java: #.## of a half is 0.5
        group=len(whole.rpartition(",")[2]) if "," in whole else 0,
        least=least,
        most=least + more,
    )


def unquoted(text: str) -> str:
    """Return an affix of a pattern as it is written: quotes protect its signs, and two of them are one."""
    return text.replace("''", "\0").replace("'", "").replace("\0", "'")


def scale_of(affixes: str) -> int:
    """Return the places by which `%` and `‰` outside quotes move the point."""
    signs = re.sub(r"'[^']*'", "", affixes)
    return next((places for sign, places in SCALES.items() if sign in signs), 0)


def write_number(name: str, number: Any, pattern: str) -> str:
    """Write the number by the pattern; a half is rounded away from zero."""
    form = pattern_of(name, pattern)
    value = rounded(shifted(exact(name, number), form.scale), form.most)
    whole, _, fraction = f"{value.copy_abs():f}".partition(".")
    fraction = fraction[: form.least] + fraction[form.least :].rstrip("0")
    whole = whole.lstrip("0").rjust(form.least_whole, "0") or ("" if fraction else "0")
    spend(PER_DIGIT * len(whole), f"{name}()")
    body = grouped(whole, form.group) + ("." + fraction if fraction else "")
    if value < 0:
        return form.negative_before + body + form.negative_behind
    return form.before + body + form.behind


def grouped(digits: str, size: int, sign: str = ",") -> str:
    """Return digits in groups of a size, with a sign between them; 0 for no groups."""
    if not size:
        return digits
    head = len(digits) % size
    groups = [digits[:head]] + [digits[start : start + size] for start in range(head, len(digits), size)]
    return sign.join(group for group in groups if group)


def read_number(name: str, text: str, pattern: str) -> str:
    """Read the number that a text holds by the pattern, written as in JSON; commas may be left out.

    Raise EvaluationError for a text that does not fit.
    """
    form = pattern_of(name, pattern)
    spend(len(text[:LONGEST_NUMBER]), f"{name}()")
    for sign, before, behind in (("", form.before, form.behind), ("-", form.negative_before, form.negative_behind)):
        if len(text) > LONGEST_NUMBER:
            break
        body = text[len(before) : len(text) - len(behind)]
        if text == before + body + behind and _fits(body, form):
            number = Decimal(sign + "0" + body.replace(",", ""))
            return f"{shifted(number, -form.scale):f}"
    raise EvaluationError(f"{name}() takes a string that fits the pattern, not another one")


def _fits(body: str, form: Pattern) -> bool:
    whole, point, fraction = body.partition(".")
    digits = whole.replace(",", "") if form.group else whole
    if not re.fullmatch("[0-9]*", digits + fraction) or not digits + fraction:
        return False
    return whole in (digits, grouped(digits, form.group)) and (not point or (form.most > 0 and fraction != ""))


@function("number", "string", steps=240, each=0, dataweave="as String {format: …}", of_null=None)
def format_number(number: Any, pattern: str) -> str:
    """A number in the form of a Java pattern: `0` a digit, `#` an optional digit, `,` groups, `%` hundredfold.

    A second pattern after `;` sets the texts around a negative number; text may be in quotes. A half is rounded away
    from zero, as in DataWeave (Java's DecimalFormat alone: to the even neighbour).

    format_number(1234.5, '#,##0.00') → "1,234.50"
    format_number(7, '000') → "007"
    format_number(0.125, '0.#%') → "12.5%"
    format_number(-5, '0.00;(0.00)') → "(5.00)"
    """
    return write_number("format_number", number, pattern)
