"""Numbers: exact, of any size up to a bound, written as DataWeave writes them."""

from __future__ import annotations

import re
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, localcontext
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.dataweave.values.errors import Failed, Unfit, unfit
from engine.expressions.digits import is_digits
from engine.limits import LARGEST_EXPONENT, LARGEST_INTEGER_BITS, LONGEST_NUMBER

NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
TOO_LARGE = 2**LARGEST_INTEGER_BITS
LONG = 2**63
DIGITS = 2 * LARGEST_EXPONENT
"""Digits of the longest exact result."""
EXACT = Context(prec=DIGITS, Emax=2 * DIGITS, Emin=-2 * DIGITS, traps=[Inexact, InvalidOperation, Overflow])
QUOTIENT = Context(prec=34, Emax=2 * DIGITS, Emin=-2 * DIGITS, traps=[InvalidOperation, Overflow])
"""IEEE 754's decimal128, as Java's MathContext.DECIMAL128."""
BITS = 4
"""Bits of an integer that take a step to become digits."""
SHORT = 1 << 256


def exact(number: Any) -> int | Decimal:
    """Return any number as an int or a Decimal; a float by its digits. Raise Unfit for NaN and the infinities.

    Raise Unfit or Failed for what is no number.
    """
    if type(number) is int:
        return number
    if isinstance(number, int):
        return int(number)
    if not isinstance(number, (Decimal, float)):
        raise unfit("a number", number)
    decimal = number if type(number) is Decimal else Decimal(number if isinstance(number, Decimal) else repr(number))
    if not decimal.is_finite():
        raise Unfit("the number is not finite")
    return simplest(decimal)


def simplest(number: Decimal) -> int | Decimal:
    """Return an int if the decimal is whole, and is not written with an exponent, as 1E+3 is."""
    exponent: Any = number.as_tuple().exponent
    if exponent > 0 or number.adjusted() > LARGEST_EXPONENT:
        return number
    return int(number) if exponent == 0 or number == number.to_integral_value() else number


def decimal_of(number: int | Decimal) -> Decimal:
    return number if isinstance(number, Decimal) else Decimal(number)


def is_whole(number: int | Decimal) -> bool:
    return isinstance(number, int) or number == number.to_integral_value()


def bounded(number: int | Decimal, what: str) -> int | Decimal:
    """Return a result, paid by its length. Raise Failed for one that is too large."""
    if isinstance(number, int):
        if -SHORT < number < SHORT:
            return number
        spend(number.bit_length() // 32, what)
        if not -TOO_LARGE < number < TOO_LARGE:
            raise Failed(f"{what} gives a number that is too large")
        return number
    if abs(number.adjusted()) > LARGEST_EXPONENT and number:
        raise Failed(f"{what} gives a number that is too large")
    return simplest(number)


def number_text(number: Any) -> str:
    """Return the digits of a number: 1.5 for 1.50, 1E+3 if it was written with that exponent."""
    number = exact(number)
    if type(number) is int:
        if not -SHORT < number < SHORT:
            spend(number.bit_length() // BITS, "a number")
        return str(number)
    mantissa, mark, exponent = str(number).partition("E")
    if not mark or exponent.startswith("-"):
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return "0" if mantissa in ("-0", "0", "") else mantissa + mark + exponent


def read_number(text: str) -> int | Decimal:
    """Return the number in a text. Raise Unfit if it is none."""
    if len(text) > LONGEST_NUMBER or NUMBER.fullmatch(text) is None:
        raise Unfit("the text is not a number", "InvalidNumberException")
    if is_digits(text) and len(text) < 32:
        return int(text)
    spend(len(text) // 4, "a number")
    number = Decimal(text)
    if number and abs(number.adjusted()) > LARGEST_EXPONENT:
        raise Unfit("the text is a number that is too large or too small")
    return simplest(number)


def rounded(number: int | Decimal, rounding: str) -> int:
    """Return the whole number that one is rounded to; rounding: a mode of `decimal`."""
    if isinstance(number, int):
        return number
    with localcontext(EXACT) as context:
        context.traps[Inexact] = False
        return int(number.to_integral_value(rounding=rounding))


def double_text(number: float) -> str:
    """Return a float as Java's Double.toString writes it: 1.0E10."""
    mantissa, _, exponent = f"{Decimal(repr(number)):E}".partition("E")
    if 1e-3 <= abs(number) < 1e7 or number == 0:
        return repr(number)
    digits = mantissa.rstrip("0") if "." in mantissa else mantissa
    return (digits + "0" if digits.endswith(".") else digits if "." in digits else digits + ".0") + "E" + exponent


def from_double(number: float) -> int | Decimal:
    """Return a float that a function of floats gave. Raise Failed for NaN and the infinities."""
    decimal = Decimal(double_text(number)) if number - number == 0 else None
    if decimal is None:
        raise Failed("the result is not a finite number", "InternalWeaveError")
    return simplest(decimal)
