"""Decimals beside whole numbers and floats: what came in exact stays exact."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal, localcontext
from typing import Any

MOST_DIGITS = 100
"""Digits of a sum, a difference, a product or a rest; Python's own context would round to 28 without a word."""
QUOTIENT_DIGITS = 34
"""Digits of a quotient or a power, which may have no end (IEEE 754's decimal128, as in DataWeave)."""
CONTEXTS = {digits: Context(prec=digits) for digits in (MOST_DIGITS, QUOTIENT_DIGITS)}


def together(left: Any, right: Any) -> tuple[Any, Any]:
    """Two numbers; a float beside a decimal becomes the decimal that it is written as: 0.1 is Decimal('0.1')."""
    if isinstance(left, Decimal) and isinstance(right, float):
        return left, Decimal(str(right))
    if isinstance(left, float) and isinstance(right, Decimal):
        return Decimal(str(left)), right
    return left, right


def calculated(calculate: Callable[[Any, Any], Any], left: Any, right: Any, digits: int) -> Any:
    """The result for two numbers of which one is a decimal."""
    with localcontext(CONTEXTS[digits]):
        return calculate(*together(left, right))


def remainder(left: Any, right: Any) -> Any:
    """The rest of a division with the sign of the divisor, also of decimals (Python: of the dividend)."""
    rest = left % right
    return rest + right if rest and (rest < 0) is not (right < 0) else rest


def floor_division(left: Any, right: Any) -> Any:
    """The whole quotient downwards, also of decimals (Python: towards 0)."""
    quotient = left // right
    if type(quotient) is Decimal and remainder(left, right) != left % right:
        return quotient - 1
    return quotient
