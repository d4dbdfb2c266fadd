"""Java's number patterns (java.text.DecimalFormat), with a point and commas as in English."""

from __future__ import annotations

import re
from typing import Any

from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import function
from engine.expressions.functions.numbers import exact, rounded_half_up

PATTERN = (
    r"(?P<before>(?:'[^']*'|[^'#0,.;])*)(?P<whole>[#,]*[0,]*)"
    r"(?:\.(?P<least>0*)(?P<more>#*))?(?P<behind>(?:'[^']*'|[^'#0,.;])*)"
)
LONGEST_PATTERN = 100


def write_number(name: str, number: Any, pattern: str) -> str:
    """The number as the pattern says; a half is rounded away from zero."""
    match = re.fullmatch(PATTERN, pattern) if len(pattern) <= LONGEST_PATTERN else None
    if match is None or not re.search("[#0]", pattern):
        raise EvaluationError(f"{name}() takes a number pattern such as #,##0.00, not another string")
    value = exact(name, number) * (100 if "%" in match["before"] + match["behind"] else 1)
    least, more = len(match["least"] or ""), len(match["more"] or "")
    rounded = rounded_half_up(value, least + more)
    whole, _, fraction = f"{abs(rounded):f}".partition(".")
    fraction = fraction[:least] + fraction[least:].rstrip("0")
    sign = "-" if rounded < 0 else ""
    digits = _grouped(whole, match["whole"])
    text = sign + _plain(match["before"]) + digits + ("." + fraction if fraction else "")
    return text + _plain(match["behind"])


def _grouped(digits: str, pattern: str) -> str:
    least = pattern.count("0")
    digits = digits.lstrip("0").rjust(least, "0") if least else digits.lstrip("0")
    size = len(pattern.rpartition(",")[2]) if "," in pattern else 0
    if not size:
        return digits
    head = len(digits) % size
    groups = [digits[:head]] + [digits[start : start + size] for start in range(head, len(digits), size)]
    return ",".join(group for group in groups if group)


def _plain(text: str) -> str:
    return text.replace("''", "\0").replace("'", "").replace("\0", "'")


@function("number", "string", dataweave="as String {format: …}", of_null=None)
def format_number(number: Any, pattern: str) -> str:
    """A number as a Java pattern says: `0` a digit, `#` a digit where there is one, `,` groups, `%` hundredfold.

    A half is rounded away from zero.

    format_number(1234.5, '#,##0.00') → "1,234.50"
    format_number(7, '000') → "007"
    format_number(0.125, '0.#%') → "12.5%"
    """
    return write_number("format_number", number, pattern)
