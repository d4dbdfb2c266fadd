"""Functions that the generated code calls if a value is not of the expected, common type."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, DecimalException
from typing import Any, NoReturn

from engine.expressions.appended import Appended
from engine.expressions.budget import current_budget, spend
from engine.expressions.decimals import MOST_DIGITS, calculated, together
from engine.expressions.errors import EvaluationError
from engine.expressions.sizes import weigh
from engine.limits import LARGEST_INTEGER_BITS, LONGEST_NUMBER

NUMBERS = frozenset({int, float, Decimal})
MACHINE_NUMBERS = frozenset({int, float})
"""They compare with each other by Python's rules; a decimal and a float do not."""
BITS = 32
"""Bits of a whole number made per step."""
BIT_PRODUCTS = 16_384
"""Bits times bits that are multiplied or divided per step."""
DECIMAL_STEPS = 80
SHORT_LIST = 8
PER_ELEMENT = 2
"""Steps to put a value in a list."""
LONG = 1024
"""Characters from which comparing two texts takes noticeable time."""
PER_COMPARED = 5
"""Steps to compare two values inside others."""
MIXED = {float, Decimal}
ORDERED = frozenset({"number", "string", "date", "datetime"})
LISTS = frozenset({list, Appended})
CONTAINERS = LISTS | {dict}
NO_LISTS = frozenset({dict, str, int, float, bool, type(None)})
LIST = frozenset({list})
NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
SHORT_NUMBER = 32
"""Characters that are quickly read as a number; for thousands, Python's reading takes quadratic time."""
SMALL_INTEGER = 2**256
"""Smaller ones have the cost of any number."""
LARGEST_INTEGER = 2**LARGEST_INTEGER_BITS
"""Beyond it, multiplying is refused: each step doubles the memory."""

TYPE_NAMES = {bool: "boolean", str: "string", type(None): "null", dict: "object", list: "array"} | dict.fromkeys(
    NUMBERS, "number"
)


def type_name(value: Any) -> str:
    """Return JMESPath's name of a value's type; Python's, if JMESPath does not have the type."""
    name = TYPE_NAMES.get(type(value))
    if name is None:
        name = "array" if isinstance(value, (Appended, list)) else "string" if isinstance(value, str) else None
    if name is None:
        name = "object" if hasattr(value, "get") else "number" if is_number(value) else type(value).__name__
    return name


def type_names(values: Sequence[Any]) -> set[str]:
    """Return the names of the types of some values."""
    return {type_name(value) for value in dict(zip(map(type, values), values, strict=True)).values()}


def is_number(value: Any) -> bool:
    return type(value) in NUMBERS or (isinstance(value, (int, float, Decimal)) and not isinstance(value, bool))


def is_finite(number: Any) -> bool:
    """Return whether a number is neither infinite nor NaN; `math` fails for integers that do not fit into a float."""
    return isinstance(number, int) or math.isfinite(number)


def number_in(text: str) -> int | float | None:
    """Return the number in a text, written as in JSON; None for anything else, including `nan` and `1_000`."""
    if len(text) > LONGEST_NUMBER or NUMBER.fullmatch(text) is None:
        return None
    if len(text) > SHORT_NUMBER:
        spend(len(text) // 4, "a number")
    number = float(text) if set(text) & set(".eE") else int(text)
    return number if is_finite(number) else None


def field(value: Any, name: str) -> Any:
    """Return a field of any value with a method `get` (JMESPath's own rule); null for other values."""
    get = getattr(value, "get", None)
    return None if get is None else get(name)


def fields(elements: Sequence[Any], name: str) -> list[Any]:
    """Return the field of each element."""
    try:
        return [element.get(name) for element in elements]
    except AttributeError:  # one of them has no fields
        return [field(element, name) for element in elements]


def without_nulls(elements: list[Any]) -> list[Any]:
    return [element for element in elements if element is not None] if None in elements else elements


def as_list(value: Any) -> Sequence[Any] | None:
    """Return the value if a projection can iterate over it (a list), otherwise null."""
    if type(value) is Appended:
        return value.to_list()
    return value if isinstance(value, list) else None


def as_values(value: Any) -> Sequence[Any] | None:
    """Return the values of an object, over which `*` iterates; null for other values."""
    return list(value.values()) if isinstance(value, Mapping) else None


def count_number(number: Any, what: str) -> Any:
    """Return the number, after counting it if it is large."""
    if type(number) is int and not -SMALL_INTEGER < number < SMALL_INTEGER:
        spend(number.bit_length() // BITS, what)
    return number


def count_operands(left: Any, right: Any, what: str) -> None:
    """Count a computation with two numbers that are not machine numbers."""
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        spend(DECIMAL_STEPS, what)
    elif type(left) is int and type(right) is int:
        spend(left.bit_length() * right.bit_length() // BIT_PRODUCTS, what)


def index(value: Any, position: int) -> Any:
    if not isinstance(value, (list, Appended)):
        return None
    try:
        return value[position]
    except IndexError:
        return None


def cut(value: Any, piece: slice) -> list[Any] | None:
    sequence = as_list(value)
    if sequence is None:
        return None
    found = list(sequence[piece])
    if len(found) > SHORT_LIST:
        spend(PER_ELEMENT * len(found), "a slice")
    return found


def flatten(value: Any) -> Sequence[Any] | None:
    """Return the elements of a list, with inner lists replaced by their elements; a list of plain lists is fast."""
    sequence = as_list(value)
    if sequence is None:
        return None
    kinds = set(map(type, sequence))
    if kinds <= NO_LISTS:
        return sequence
    merged: list[Any] = []
    if kinds == LIST:
        spend(PER_ELEMENT * sum(map(len, sequence)), "'[]'")
        for element in sequence:
            merged += element
        return merged
    spend(PER_ELEMENT * sum(len(element) if type(element) in LISTS else 1 for element in sequence), "'[]'")
    for element in sequence:
        inner = as_list(element)
        if inner is None:
            merged.append(element)
        else:
            merged.extend(inner)
    return merged


def equals(left: Any, right: Any) -> bool:
    """Compare by JMESPath's equality: the same type and value, at any depth; 1 is not true, 0 not false."""
    if type(left) is bool or type(right) is bool:
        return left is right
    if type(left) in CONTAINERS or (type(left) is str and len(left) > LONG):
        _count_compared(left, right)
    if left == right:
        return type(left) not in CONTAINERS or _is_alike(left, right)
    return {type(left), type(right)} == MIXED and operator.eq(*together(left, right))


def _count_compared(left: Any, right: Any) -> None:
    """Count the parts of the left value, if they have to be compared."""
    if type(left) is str:
        spend(len(left) // LONG if type(right) is str and len(left) == len(right) else 0, "'=='")
    elif type(right) in CONTAINERS and len(left) == len(right):
        weight, _ = weigh(left, current_budget().left // PER_COMPARED)
        spend(PER_COMPARED * weight, "'=='")


def _is_alike(left: Any, right: Any) -> bool:
    """Return whether two values that are equal in Python have their booleans in the same places."""
    if type(left) in LISTS:
        return all(map(_is_alike, left, right))
    if type(left) is dict:
        return all(_is_alike(value, right[key]) for key, value in left.items())
    return (type(left) is bool) == (type(right) is bool)


def refuse_order(symbol: str, left: Any, right: Any) -> NoReturn:
    kinds = type_name(left), type_name(right)
    if kinds == ("datetime", "datetime"):
        raise EvaluationError(f"'{symbol}' cannot order a datetime with a time zone against one without")
    raise EvaluationError(
        f"'{symbol}' cannot order {kinds[0]} against {kinds[1]}: it takes two numbers, two strings or two dates"
    )


def ordering(symbol: str, compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool | None]:
    """Return `<` or a sibling: for two numbers, texts, dates or datetimes; null if either is another type."""

    def order(left: Any, right: Any) -> bool | None:
        kinds = type_name(left), type_name(right)
        if not ORDERED.issuperset(kinds):
            return None
        if kinds[0] != kinds[1]:
            refuse_order(symbol, left, right)
        if kinds[0] == "string" and len(left) > LONG:
            spend(min(len(left), len(right)) // LONG, f"'{symbol}'")
        try:
            return compare(*together(left, right))
        except TypeError:  # only one of two datetimes has a time zone
            refuse_order(symbol, left, right)
        except ArithmeticError:
            raise EvaluationError(f"'{symbol}' cannot order a decimal that is no number") from None

    return order


def arithmetic(
    symbol: str, calculate: Callable[[Any, Any], Any], digits: int = MOST_DIGITS
) -> Callable[[Any, Any], Any]:
    """Return `+` or a sibling: for two numbers; integers stay integers except for `/`. digits: of decimal results."""

    def operate(left: Any, right: Any) -> Any:
        if not (is_number(left) and is_number(right)):
            raise EvaluationError(f"'{symbol}' takes two numbers, not {type_name(left)} and {type_name(right)}")
        count_operands(left, right, symbol)
        try:
            if isinstance(left, Decimal) or isinstance(right, Decimal):
                result = calculated(calculate, left, right, digits)
            else:
                result = calculate(left, right)
        except ArithmeticError as error:
            raise EvaluationError(f"'{symbol}' failed: {_reason(error)}") from None
        if not is_finite(result):
            raise EvaluationError(f"'{symbol}' gives a number out of range")
        return count_number(result, symbol)

    return operate


add = arithmetic("+", operator.add)


def _reason(error: ArithmeticError) -> str:
    """Return Python's words for it; for decimals they are names of classes."""
    if isinstance(error, DecimalException):
        return "division by zero" if isinstance(error, ZeroDivisionError) else "the result is out of range"
    return str(error) or type(error).__name__


def multiply(left: Any, right: Any) -> Any:
    product = left * right
    if type(product) is int and abs(product) > LARGEST_INTEGER:
        raise OverflowError("the result is too large")
    return product


def negate(symbol: str, value: Any) -> Any:
    if not is_number(value):
        raise EvaluationError(f"the sign '{symbol}' takes a number, not {type_name(value)}")
    if symbol == "+":
        return value
    if isinstance(value, Decimal):
        return value.copy_negate()  # minus would round to 28 digits
    return count_number(-value, symbol)


def fresh(value: Any) -> Any:
    """Return a copy of a literal list or map: a flow's changes to it must not reach the next event."""
    if isinstance(value, dict):
        return {key: fresh(element) for key, element in value.items()}
    return [fresh(element) for element in value] if isinstance(value, list) else value
