"""Functions of dw::Core over numbers."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP
from random import SystemRandom
from typing import Any

from engine.expressions.dataweave.library.core.lists import CORE
from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.values.arithmetic import add, modulo, negated, power, subtract
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.numbers import exact, from_double, is_whole, rounded
from engine.limits import LONGEST_LIST

COUNTABLE = 2**61
"""The length of a range is at most twice this: Python counts no further."""
chance = SystemRandom()


@defined(CORE, "abs", "(number: Number) -> Number")
def abs_(number: Any) -> Any:
    """Return the number without its sign."""
    number = exact(number)
    return negated(number) if number < 0 else number


@defined(CORE, "ceil", "(number: Number) -> Number")
def ceil(number: Any) -> int:
    """Return the number, rounded up to a whole one."""
    return rounded(exact(number), ROUND_CEILING)


@defined(CORE, "floor", "(number: Number) -> Number")
def floor(number: Any) -> int:
    """Return the number, rounded down to a whole one."""
    return rounded(exact(number), ROUND_FLOOR)


@defined(CORE, "round", "(number: Number) -> Number")
def round_(number: Any) -> int:
    """Return the number, rounded to a whole one; a half goes away from zero."""
    return rounded(exact(number), ROUND_HALF_UP)


@defined(CORE, "mod", "(dividend: Number, divisor: Number) -> Number")
def mod(dividend: Any, divisor: Any) -> Any:
    """Return the remainder of a division, with the sign of the dividend."""
    return modulo(dividend, divisor)


@defined(CORE, "pow", "(base: Number, power: Number) -> Number")
def pow_(base: Any, exponent: Any) -> Any:
    """Return the base raised to a power."""
    return power(base, exponent)


@defined(CORE, "sqrt", "(number: Number) -> Number")
def sqrt(number: Any) -> Any:
    """Return the square root, to 16 digits."""
    number = exact(number)
    if number < 0:
        raise Failed("sqrt takes a number that is not negative", "InternalWeaveError")
    try:
        return from_double(float(number) ** 0.5)
    except OverflowError:
        raise Failed("sqrt takes a number up to 1E308") from None


@defined(CORE, "isEven", "(number: Number) -> Boolean")
def is_even(number: Any) -> bool:
    """Return whether the number is even."""
    return modulo(number, 2) == 0


@defined(CORE, "isOdd", "(number: Number) -> Boolean")
def is_odd(number: Any) -> bool:
    """Return whether the number is not even."""
    return modulo(number, 2) != 0


@defined(CORE, "isInteger", "(number: Number) -> Boolean")
def is_integer(number: Any) -> bool:
    """Return whether the number has no fraction."""
    return is_whole(exact(number))


@defined(CORE, "isDecimal", "(number: Number) -> Boolean")
def is_decimal(number: Any) -> bool:
    """Return whether the number has a fraction."""
    return not is_whole(exact(number))


@defined(CORE, "random", "() -> Number", acts=True)
def random() -> Any:
    """Return a random number of at least 0 and below 1."""
    return exact(chance.random())


@defined(CORE, "randomInt", "(upperBound: Number) -> Number", acts=True)
def random_int(bound: Any) -> int:
    """Return a random whole number of at least 0 and below the bound."""
    most = int(exact(bound))
    drawn = chance.randrange(abs(most)) if most else 0
    return drawn if most > 0 else -drawn


@defined(CORE, "to", "(from: Number, to: Number) -> Range")
def to(first: Any, last: Any) -> Any:
    """Return the numbers from one to another, both included; they go down if the second one is smaller."""
    first, last = exact(first), exact(last)
    if abs(first) > COUNTABLE or abs(last) > COUNTABLE:
        raise Failed("to takes numbers up to 2 to the power of 61")
    if is_whole(first):
        if last >= first:
            return range(int(first), rounded(last, ROUND_FLOOR) + 1)
        return range(int(first), rounded(last, ROUND_CEILING) - 1, -1)
    return _steps(first, last)


def _steps(first: Any, last: Any) -> list[Any]:
    """Return the numbers of a range that begins at a fraction."""
    if abs(last - first) > LONGEST_LIST:
        raise Failed(f"to stops at {LONGEST_LIST} elements")
    made, number, step = [], first, add if last >= first else subtract
    while number <= last if last >= first else number >= last:
        made.append(number)
        number = step(number, 1)
    return made
