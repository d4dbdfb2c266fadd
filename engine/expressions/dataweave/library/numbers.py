"""dw::core::Numbers and dw::util::Math."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.dataweave.library.declaring import constant, defined
from engine.expressions.dataweave.values.arithmetic import divide, multiply
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.numbers import bounded, exact, from_double, is_whole
from engine.limits import LONGEST_NUMBER

NUMBERS = "dw::core::Numbers"
MATH = "dw::util::Math"
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def _read(text: str, radix: int) -> Any:
    """Return the number that digits of a base stand for."""
    if not 2 <= radix <= 36:
        raise Failed("the base of a number is 2 to 36")
    if len(text) > LONGEST_NUMBER or not re.fullmatch(r"[+-]?[0-9A-Za-z]+", text, re.ASCII):
        raise Failed("the text is not a number of this base")
    spend(len(text), "a number")
    try:
        return bounded(int(text, radix), "a number")
    except ValueError:
        raise Failed("the text is not a number of this base") from None


def _write(number: Any, radix: int) -> str:
    """Return the digits of a whole number in a base; of base 10 if there is no such base."""
    number = exact(number)
    if not is_whole(number):
        raise Failed("only whole numbers are written in another base")
    rest, base = abs(int(number)), radix if 2 <= radix <= 36 else 10
    spend(rest.bit_length(), "a number")
    digits = ""
    while rest:
        rest, digit = divmod(rest, base)
        digits = DIGITS[digit] + digits
    return ("-" if number < 0 else "") + (digits or "0")


@defined(NUMBERS, "fromBinary", "(binaryText: String) -> Number", "(binaryText: Null) -> Null")
def from_binary(text: str) -> Any:
    """Return the number of binary digits."""
    return _read(text, 2)


@defined(NUMBERS, "fromHex", "(hexText: String) -> Number", "(hexText: Null) -> Null")
def from_hex(text: str) -> Any:
    """Return the number of hexadecimal digits."""
    return _read(text, 16)


@defined(NUMBERS, "fromRadixNumber", "(numberStr: String, radix: Number) -> Number")
def from_radix_number(text: str, radix: Any) -> Any:
    """Return the number of digits of a base."""
    return _read(text, int(exact(radix)))


@defined(NUMBERS, "toBinary", "(number: Number) -> String", "(number: Null) -> Null")
def to_binary(number: Any) -> str:
    """Return the binary digits of a number."""
    return _write(number, 2)


@defined(NUMBERS, "toHex", "(number: Number) -> String", "(number: Null) -> Null")
def to_hex(number: Any) -> str:
    """Return the hexadecimal digits of a number."""
    return _write(number, 16)


@defined(NUMBERS, "toRadixNumber", "(number: Number, radix: Number) -> String")
def to_radix_number(number: Any, radix: Any) -> str:
    """Return the digits of a number in a base."""
    return _write(number, int(exact(radix)))


# Math


PI = Decimal("3.14159265358979323846")
constant(MATH, "E", Decimal("2.7182818284590452354"))
constant(MATH, "PI", PI)


def _of_floats(name: str, argument: str, manual: str, calculate: Callable[[float], float]) -> None:
    """Declare a function of one float; null is the result if it has none."""

    @defined(MATH, name, f"({argument}: Number) -> Number", manual=manual)
    def run(number: Any) -> Any:
        try:
            return from_double(calculate(float(exact(number))))
        except OverflowError:
            raise Failed(f"{name} takes a number up to 1E308") from None
        except ValueError:
            return None


_of_floats("sin", "angle", "Return the sine of an angle in radians.", math.sin)
_of_floats("cos", "angle", "Return the cosine of an angle in radians.", math.cos)
_of_floats("tan", "angle", "Return the tangent of an angle in radians.", math.tan)
_of_floats("asin", "angle", "Return the arc sine in radians; null if there is none.", math.asin)
_of_floats("acos", "angle", "Return the arc cosine in radians; null if there is none.", math.acos)
_of_floats("atan", "angle", "Return the arc tangent in radians.", math.atan)
_of_floats("log10", "a", "Return the logarithm to base 10; null if there is none.", math.log10)
_of_floats("logn", "a", "Return the natural logarithm; null if there is none.", math.log)


@defined(MATH, "toDegrees", "(angrad: Number) -> Number")
def to_degrees(angle: Any) -> Any:
    """Return degrees of radians."""
    return divide(multiply(angle, 180), PI)


@defined(MATH, "toRadians", "(angdeg: Number) -> Number")
def to_radians(angle: Any) -> Any:
    """Return radians of degrees."""
    return multiply(divide(angle, 180), PI)
