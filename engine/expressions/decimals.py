"""Decimals together with whole numbers and floats: exact input stays exact."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal, localcontext
from typing import Any

MOST_DIGITS = 100
"""Digits of a sum, a difference, a product or a remainder; Python's default context would silently round to 28."""
QUOTIENT_DIGITS = 34
"""Digits of a quotient or a power, which may have no end (IEEE 754's decimal128, as in DataWeave)."""
CONTEXTS = {digits: Context(prec=digits) for digits in (MOST_DIGITS, QUOTIENT_DIGITS)}


def together(left: Any, right: Any) -> tuple[Any, Any]:
    """Return both numbers; a float combined with a decimal becomes the decimal as written: 0.1 is Decimal('0.1')."""
    if isinstance(left, Decimal) and isinstance(right, float):
        return left, Decimal(str(right))
    if isinstance(left, float) and isinstance(right, Decimal):
        return Decimal(str(left)), right
    return left, right


def calculated(calculate: Callable[[Any, Any], Any], left: Any, right: Any, digits: int) -> Any:
    """Return the result for two numbers, one of which is a decimal."""
    with localcontext(CONTEXTS[digits]):
        return calculate(*together(left, right))


def remainder(left: Any, right: Any) -> Any:
    """Return the remainder with the sign of the divisor, also for decimals (Python: of the dividend)."""
    rest = left % right
    return rest + right if rest and (rest < 0) is not (right < 0) else rest


def floor_division(left: Any, right: Any) -> Any:
    """Return the quotient rounded down, also for decimals (Python: towards 0)."""
    quotient = left // right
    if type(quotient) is Decimal and remainder(left, right) != left % right:
        return quotient - 1
    return quotient
