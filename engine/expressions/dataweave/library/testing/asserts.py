"""dw::test::Asserts: matchers, and what they find of a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.values.comparing import equals, less, less_or_equal
from engine.expressions.dataweave.values.errors import Failed, Unfit
from engine.expressions.dataweave.values.functions import Function
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.objects import is_object
from engine.expressions.dataweave.values.texts import as_text

ASSERTS = "dw::test::Asserts"
MOST_NESTED = 100
"""How many functions may stand around the result of a matcher."""
Result = dict[str, Any]


def _result(matches: bool, expected: str, actual: Any) -> Result:
    return {"matches": matches, "description": {"expected": expected, "actual": f"was {_shown(actual)}"}, "reasons": []}


def _shown(value: Any) -> str:
    try:
        return as_text(value)
    except Unfit:
        return str(kind_of(value))


def _matcher(name: str, expected: str, check: Callable[[Any], bool]) -> Function:
    """Return a matcher: a function of the value."""
    return Function(name, 1, lambda actual: _result(bool(check(actual)), expected, actual))


@defined(ASSERTS, "must", "(value: Any, matchExpressions: (value: Any) -> Any) -> Object")
def must(value: Any, expressions: Callable[[Any], Any]) -> Result:
    """Return whether a value satisfies a matcher, or all of several."""
    return _of(expressions(value), value)


def _of(expression: Any, value: Any) -> Result:
    """Return the result of a matcher, of a list of them, or of what makes one of the value."""
    for _ in range(MOST_NESTED):
        if not isinstance(expression, Function):
            break
        expression = expression.taking(1)(value)
    if isinstance(expression, bool):
        return _result(expression, "to hold", value)
    if isinstance(expression, Mapping):
        return dict(expression)
    if isinstance(expression, Sequence) and not isinstance(expression, str):
        results = [_of(each, value) for each in expression]
        return next((each for each in results if not _holds(each)), _result(True, "to hold", value))
    raise Failed("must takes a matcher, or a list of matchers")


def _holds(result: Mapping[str, Any]) -> bool:
    return result.get("matches") is True


@defined(ASSERTS, "equalTo", "(expected: Any, equalToConfig: Object = {}) -> Function")
def equal_to(expected: Any, options: Mapping[str, Any] | None = None) -> Function:
    """Return the matcher of values that equal another."""
    return _matcher("equalTo", f"to be equal to {_shown(expected)}", lambda actual: equals(actual, expected))


@defined(ASSERTS, "notBe", "(matcher: Any) -> Function")
def not_be(matcher: Any) -> Function:
    """Return the matcher of values that do not satisfy another."""
    return _matcher("notBe", "not to match", lambda actual: not _holds(_of(matcher, actual)))


@defined(ASSERTS, "anyOf", "(matchers: Array) -> Function")
def any_of(matchers: Sequence[Any]) -> Function:
    """Return the matcher of values that satisfy at least one of several."""

    def matches_one(actual: Any) -> bool:
        return any(_holds(_of(each, actual)) for each in matchers)

    return _matcher("anyOf", "to match one of several", matches_one)


@defined(ASSERTS, "beOneOf", "(expected: Array) -> Function")
def be_one_of(expected: Sequence[Any]) -> Function:
    """Return the matcher of values that a list has."""
    return _matcher("beOneOf", "to be one of a list", lambda actual: any(equals(actual, each) for each in expected))


def _kind(name: str, *kinds: str) -> None:
    def of_kind() -> Function:
        return _matcher(name, f"to be of type {kinds[0]}", lambda actual: kind_of(actual) in kinds)

    of_kind.__doc__ = f"Return the matcher of values of type {kinds[0]}."
    defined(ASSERTS, name, "() -> Function")(of_kind)


_kind("beArray", "Array", "Range")
_kind("beBoolean", "Boolean")
_kind("beNumber", "Number")
_kind("beObject", "Object")
_kind("beString", "String")
_kind("beNull", "Null")


@defined(ASSERTS, "notBeNull", "() -> Function")
def not_be_null() -> Function:
    """Return the matcher of values that are not null."""
    return _matcher("notBeNull", "not to be null", lambda actual: actual is not None)


@defined(ASSERTS, "beBlank", "() -> Function")
def be_blank() -> Function:
    """Return the matcher of texts without anything but blanks, and of null."""
    return _matcher("beBlank", "to be blank", _is_blank)


def _is_blank(value: Any) -> bool:
    return value is None or (_is_text(value) and not value.strip())


@defined(ASSERTS, "beEmpty", "() -> Function")
def be_empty() -> Function:
    """Return the matcher of empty texts, arrays and objects, and of null."""
    return _matcher("beEmpty", "to be empty", lambda actual: actual is None or _size(actual) == 0)


def _is_text(value: Any) -> bool:
    return kind_of(value) == "String"


def _size(value: Any) -> int:
    return len(value) if _is_text(value) or is_object(value) or _is_list(value) else -1


def _is_list(value: Any) -> bool:
    return kind_of(value) in ("Array", "Range")


@defined(ASSERTS, "haveSize", "(expectedSize: Number) -> Function")
def have_size(size: Any) -> Function:
    """Return the matcher of texts, arrays and objects of a size."""
    return _matcher("haveSize", f"to have the size {size}", lambda actual: _size(actual) == size)


@defined(ASSERTS, "beGreaterThan", "(expected: Any, inclusive: Boolean = false) -> Function")
def be_greater_than(expected: Any, inclusive: bool = False) -> Function:
    """Return the matcher of values greater than another; inclusive: or equal to it."""
    compare = less_or_equal if inclusive else less
    return _matcher("beGreaterThan", f"to be greater than {_shown(expected)}", lambda actual: compare(expected, actual))


@defined(ASSERTS, "beLowerThan", "(expected: Any, inclusive: Boolean = false) -> Function")
def be_lower_than(expected: Any, inclusive: bool = False) -> Function:
    """Return the matcher of values lower than another; inclusive: or equal to it."""
    compare = less_or_equal if inclusive else less
    return _matcher("beLowerThan", f"to be lower than {_shown(expected)}", lambda actual: compare(actual, expected))


@defined(ASSERTS, "contain", "(expected: Any) -> Function")
def contain(expected: Any) -> Function:
    """Return the matcher of texts with a text in them, and of arrays with an element."""

    def contains(actual: Any) -> bool:
        return as_text(expected) in actual if _is_text(actual) else _has_item(actual, expected)

    return _matcher("contain", f"to contain {_shown(expected)}", contains)


def _has_item(actual: Any, expected: Any) -> bool:
    """Return whether an array has an element: a value, or one that satisfies a matcher."""
    if not _is_list(actual):
        return False
    if isinstance(expected, Function):
        return any(_holds(_of(expected, each)) for each in actual)
    return any(equals(each, expected) for each in actual)


@defined(ASSERTS, "startWith", "(expected: String) -> Function")
def start_with(expected: str) -> Function:
    """Return the matcher of texts that start with a text."""
    told = f"to start with {expected}"
    return _matcher("startWith", told, lambda actual: _is_text(actual) and actual.startswith(expected))


@defined(ASSERTS, "endWith", "(expected: String) -> Function")
def end_with(expected: str) -> Function:
    """Return the matcher of texts that end with a text."""
    return _matcher("endWith", f"to end with {expected}", lambda actual: _is_text(actual) and actual.endswith(expected))


@defined(ASSERTS, "haveItem", "(matcher: Any) -> Function")
def have_item(matcher: Any) -> Function:
    """Return the matcher of arrays with an element that satisfies another."""
    return _matcher("haveItem", "to have an item that matches", lambda actual: _has_item(actual, matcher))


@defined(ASSERTS, "eachItem", "(matcher: Any) -> Function")
def each_item(matcher: Any) -> Function:
    """Return the matcher of arrays whose elements all satisfy another."""
    return _matcher(
        "eachItem", "to have only items that match",
        lambda actual: _is_list(actual) and all(_holds(_of(matcher, each)) for each in actual),
    )  # fmt: skip


@defined(ASSERTS, "haveKey", "(keyName: String) -> Function")
def have_key(name: str) -> Function:
    """Return the matcher of objects with a key."""
    return _matcher("haveKey", f"to have the key {name}", lambda actual: is_object(actual) and name in actual)


@defined(ASSERTS, "haveValue", "(value: Any) -> Function")
def have_value(value: Any) -> Function:
    """Return the matcher of objects with a value."""
    return _matcher(
        "haveValue", f"to have the value {_shown(value)}",
        lambda actual: is_object(actual) and _has_item(list(actual.values()), value),
    )  # fmt: skip
