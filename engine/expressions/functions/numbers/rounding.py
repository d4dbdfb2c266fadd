"""Numbers as exact decimals, and rounding them: to digits, and to whole numbers."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from typing import Any, NoReturn

from engine.expressions.budget import spend
from engine.expressions.errors import EvaluationError
from engine.expressions.operators import LARGEST_INTEGER
from engine.limits import LARGEST_EXPONENT

BITS = 4
"""Bits of an integer that take a step to become decimal digits, or to be made of them."""


def exact(name: str, number: Any) -> Decimal:
    """Return the number by its written digits. Raise EvaluationError if it is not finite, or too large to be whole."""
    if isinstance(number, int):
        if abs(number) > LARGEST_INTEGER:
            _refuse(name)
        spend(number.bit_length() // BITS, f"{name}()")
        return Decimal(number)
    decimal = number if isinstance(number, Decimal) else Decimal(str(number))
    return decimal if decimal.is_finite() and decimal.adjusted() <= LARGEST_EXPONENT else _refuse(name)


def _refuse(name: str) -> NoReturn:
    raise EvaluationError(f"{name}() takes a number, not one out of range")


def whole(number: Decimal, name: str) -> int:
    """Return the number without its fraction."""
    found = int(number)
    spend(found.bit_length() // BITS, f"{name}()")
    return found


def rounded(number: Decimal, digits: int, rounding: str = ROUND_HALF_UP) -> Decimal:
    """Return the number with that many digits after the point; a half goes away from zero."""
    with localcontext() as context:
        context.prec = max(number.adjusted(), 0) + abs(digits) + 2
        try:
            return number.quantize(Decimal(1).scaleb(-digits), rounding=rounding)
        except InvalidOperation:
            raise EvaluationError("a number is out of the range of rounding") from None


def shifted(number: Decimal, places: int) -> Decimal:
    """Return the number times ten to a power, without rounding."""
    sign, digits, exponent = number.as_tuple()
    return Decimal((sign, digits, int(exponent) + places))
