"""Functions that choose: arguments that are not needed are not computed, and failures need not stop them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.expressions.budget import BudgetSpent
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import alike, function
from engine.expressions.functions.lists import ORDERABLE, count_compared, in_order
from engine.expressions.operators import is_number, type_names

Delayed = Callable[[], Any]


def truth(value: Any) -> bool:
    """Return JMESPath's truth: null, false, empty text, list and map are false; 0 is true."""
    return bool(value) or is_number(value)


@function("lazy any", "lazy any", "lazy any?", steps=8, each=0, dataweave="if … else")
def if_(condition: Delayed, then: Delayed, otherwise: Delayed | None = None) -> Any:
    """The second argument if the first is true, otherwise the third; null without a third.

    Truth is JMESPath's: null, false, empty texts, lists and maps are not true; 0 is. Only the chosen argument is
    computed. `condition ? a : b` is the same.

    if(contains('abc', 'b'), 'yes', 'no') → "yes"
    if(`[]`, 'yes') → null
    """
    if truth(condition()):
        return then()
    return otherwise() if otherwise else None


@function("lazy any", "...lazy any", steps=12, each=0, dataweave="match { case … }")
def case(condition: Delayed, *others: Delayed) -> Any:
    """The value after the first true condition: `case(condition, value, condition, value, …, otherwise)`.

    Without an `otherwise` it is null. Nothing after the chosen value is computed.

    case(1 > 2, 'more', 1 == 2, 'same', 'less') → "less"
    case(1 < 2, 'less', as_number('x') > 2, 'more') → "less"
    """
    branches = (condition, *others)
    pairs = len(branches) // 2
    for number in range(pairs):
        if truth(branches[2 * number]()):
            return branches[2 * number + 1]()
    return branches[-1]() if len(branches) % 2 else None


def _is_fatal(error: Exception) -> bool:
    """Return whether no expression may hide the error: MULE:CRITICAL and its children, out of memory, out of budget."""
    if isinstance(error, BudgetSpent) or isinstance(getattr(error, "cause", None), BudgetSpent):
        return True
    lineage = getattr(getattr(error, "type", None), "lineage", ())
    return isinstance(error, MemoryError) or any(str(kind) == "MULE:CRITICAL" for kind in lineage)


def _attempt(value: Delayed, otherwise: Delayed) -> Any:
    try:
        return value()
    except Exception as error:
        if _is_fatal(error):
            raise
    return otherwise()


@function("lazy any", "lazy any", steps=12, each=0, dataweave="default")
def default(value: Delayed, otherwise: Delayed) -> Any:
    """The first argument; the second if the first is null or cannot be computed.

    Unlike `||`, it keeps false and empty values.

    default(null, 'none') → "none"
    default('', 'none') → ""
    default(as_number('x'), 0) → 0
    """
    found = _attempt(value, lambda: None)
    return otherwise() if found is None else found


@function("lazy expression", "lazy any?", steps=12, each=0, dataweave="dw::Runtime::try, orElse")
def try_(value: Delayed, otherwise: Delayed | None = None) -> Any:
    """The value of an expression; if it cannot be computed, the second argument, or null.

    The expression sees what the function sees: roots need no `$`. A null is kept; `default` replaces it too.

    try(&as_number('12'), 0) → 12
    try(&as_number('12a'), 0) → 0
    try(&null, 'none') → null
    """
    return _attempt(value, otherwise or (lambda: None))


@function("any", "lazy string", steps=4, each=0, keeps_appended=True, dataweave="dw::Runtime::fail")
def require(value: Any, message: Delayed) -> Any:
    """The value; if it is null, MULE:EXPRESSION with the message.

    The message may reach a caller: put no secret into it.

    require('A-1', 'an order needs an id') → "A-1"
    """
    if value is None:
        raise EvaluationError(message())
    return value


@function("...any", steps=100, dataweave="min")
def least(*values: Any) -> Any:
    """The smallest of the arguments, all numbers, all texts or all dates; null ones are left out.

    least(3, 1, null) → 1
    least(null) → null
    """
    return _extreme("least", min, values)


@function("...any", steps=100, dataweave="max")
def greatest(*values: Any) -> Any:
    """The largest of the arguments, all numbers, all texts or all dates; null ones are left out.

    greatest('a', 'b') → "b"
    """
    return _extreme("greatest", max, values)


def _extreme(name: str, choose: Callable[..., Any], values: tuple[Any, ...]) -> Any:
    given = [value for value in values if value is not None]
    if not alike(given, ORDERABLE):
        kinds = " and ".join(sorted(type_names(given)))
        raise EvaluationError(f"{name}() takes numbers, or strings, or dates, not {kinds}")
    count_compared(given, name)
    return in_order(name, lambda: choose(given, default=None))
