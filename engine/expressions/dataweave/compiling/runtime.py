"""What compiled scripts call while they run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NoReturn

from engine.expressions.appended import Appended
from engine.expressions.budget import begin, here, spend
from engine.expressions.dataweave.values import arithmetic, comparing, joining, keyed, selecting
from engine.expressions.dataweave.values.coercing import coerce, fitted
from engine.expressions.dataweave.values.errors import DataWeaveError, Failed, Unfit, not_taken, unfit
from engine.expressions.dataweave.values.functions import Bare, Function, Overloads
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.objects import (
    Key,
    Namespace,
    entries_of,
    key_value,
    object_of,
    written_key,
)
from engine.expressions.dataweave.values.places import places
from engine.expressions.dataweave.values.regexes import Regex
from engine.expressions.dataweave.values.selecting import is_array, is_map
from engine.expressions.dataweave.values.typed import TYPED, opened
from engine.expressions.dataweave.values.types import Type, simple
from engine.expressions.dataweave.values.updating import UNCHANGED, updated
from engine.limits import DEEPEST_CALLS, MOST_STEPS

UNSET: Any = type("Unset", (), {"__repr__": lambda _: "UNSET"})()
"""Stands for an argument that is not given."""
BOOLEAN = simple("Boolean")
SHORT = 16
"""Elements of a list that is copied for one more."""
PER_ADDED = 2
GROWING = frozenset({list, Appended})


def truth(value: Any) -> bool:
    """Return what `and`, `or` and a filter ask for as true or false. Raise Unfit for anything that does not convert."""
    found = coerce(value, BOOLEAN) if isinstance(value, str) else value
    if found is not True and found is not False:
        raise Unfit(f"{kind_of(value)} does not convert to Boolean")
    return bool(found)


def condition(value: Any) -> bool:
    """Return the condition of `if` as true or false. Raise Failed for anything that does not convert."""
    try:
        return truth(value)
    except Unfit:
        raise Failed(f"a condition takes true or false, not {kind_of(value)}") from None


def negatable(value: Any) -> bool:
    """Return what `not` takes as true or false."""
    try:
        return truth(value)
    except Unfit:
        raise unfit("true or false", value, "not") from None


class Unready:
    """The value of a variable in whose loop something failed: using it raises the error, which `default` leaves."""

    __slots__ = ("error",)

    def __init__(self, error: DataWeaveError) -> None:
        self.error = error
        error.offset = next((each.start for each in places(error)), None)

    def fail(self) -> NoReturn:
        if not isinstance(self.error, Unfit):
            raise self.error
        found = late(self.error)
        found.offset, found.told = self.error.offset, self.error.told
        raise found from None


def late(error: Unfit) -> Failed:
    """Return the error in the body of a map before `default`, which does not replace it."""
    return Failed(str(error), error.kind)


def too_deep(name: str) -> NoReturn:
    raise Failed(f"{name} stops: it calls itself more than {DEEPEST_CALLS} times inside of itself", "StackOverflow")


def unmatched(value: Any) -> NoReturn:
    error = Failed(f"no case of match takes this {kind_of(value)}", "NoMatchFoundException")
    error.told = "None of the match cases matched."
    raise error


def elements(value: Any, what: str) -> Any:
    """Return what a loop over a list walks over: its elements, or for filter and reduce the characters of a text."""
    value = opened(value)
    if is_array(value):
        return value
    if what in ("filter", "reduce"):
        with suppress(Unfit):
            return joining.interpolated(value)
    raise unfit("an array", value, what)


def entries(value: Any, what: str) -> Any:
    """Return an object over whose items a loop may walk."""
    value = opened(value)
    if not is_map(value):
        raise unfit("an object", value, what)
    return value


def pairs(value: Any) -> Any:
    """Return the entries of the object that the body of mapObject makes."""
    if not is_map(value):
        raise Unfit(f"{kind_of(value)} does not convert to Object")
    return entries_of(value)


def several(value: Any) -> Any:
    """Return what the body of flatMap makes as elements."""
    return value if is_array(value) and not isinstance(value, range) else [value]


def spread(value: Any) -> list[tuple[str, Any]]:
    """Return the entries that `(…)` in an object stands for: of an object, or each of a list; of null none."""
    if value is None or type(value) is keyed.Blank:
        return []
    if is_map(value):
        return list(entries_of(value))
    if is_array(value) and all(is_map(each) or each is None for each in value):
        return [entry for each in value if each is not None for entry in entries_of(each)]
    raise unfit("an object, or an array of objects, in '(…)'", value)


def key_from(value: Any) -> str:
    """Return a value as the key of an object."""
    if isinstance(value, str):
        return value if isinstance(value, Key) else str(value)
    if value is None or is_array(value) or is_map(value) or isinstance(value, Function):
        raise Unfit(f"{kind_of(value)} does not convert to Key")
    text: str = joining.interpolated(value)
    return text


def key_with(key: str, namespace: Namespace | None, attributes: Any) -> Key:
    """Return a key with a namespace and attributes."""
    return Key(str(key), namespace, attributes or None)


def namespace_from(value: Any) -> Namespace:
    """Return the namespace that a variable before `#` holds."""
    if not isinstance(value, Namespace):
        raise unfit("a namespace", value, "'#'")
    return value


def argument(value: Any, kind: Type, name: str, arguments: Sequence[Any]) -> Any:
    """Return one of the arguments converted to the type of its parameter. Raise the error of a call that fails."""
    try:
        return fitted(value, kind)
    except Unfit:
        raise not_taken(name or "the function", arguments) from None


def called(function: Any, *arguments: Any) -> Any:
    """Call a function value."""
    if not isinstance(function, Function):
        raise Unfit(f"{kind_of(function)} is no function")
    if not function.takes(len(arguments)):
        raise Unfit(f"{function.name or 'the function'} does not take {len(arguments)} arguments")
    return function.call(*arguments)


def from_last(function: Bare, count: int) -> Bare:
    """Return a function whose arguments belong to the last parameters: the first ones have defaults."""
    return lambda *arguments: function(*(UNSET,) * (count - len(arguments)), *arguments)


def function_or_constant(value: Any, arity: int) -> Function:
    """Return a function as it is; anything else as the result of a function."""
    return value if isinstance(value, Function) else Function("", arity, lambda *_: value, None, 0)


def groups_of(value: Any, regex: Any) -> list[Any] | None:
    """Return the groups of a whole text that a regular expression takes; null if it does not."""
    if not isinstance(value, str):
        return None
    found = (regex if isinstance(regex, Regex) else Regex(str(regex))).whole(value)
    return None if found is None else [found[0], *found.groups()]


def tail_of(value: Any) -> Any:
    """Return an array or object without the first of its parts."""
    if is_array(value):
        return value[1:] if isinstance(value, (list, range)) else list(value)[1:]
    return object_of(list(entries_of(value))[1:])


NAMED = (
    truth, condition, negatable, late, too_deep, unmatched,
    elements, entries, pairs, several, spread, key_from, key_with, argument, namespace_from, called,
    from_last, function_or_constant, groups_of, tail_of, opened, coerce, fitted, updated, object_of, key_value,
    written_key, is_array, begin, Function, Overloads, Unfit, Unready, DataWeaveError,
    joining.interpolated, comparing.equals, comparing.similar,
    selecting.select, selecting.select_keyed, selecting.select_all, selecting.select_all_keyed, selecting.select_pairs,
    selecting.select_below, selecting.descend, selecting.attribute, selecting.attributes, selecting.attributes_named,
    selecting.attributes_below, selecting.namespace_of, selecting.metadata, selecting.at, selecting.at_keyed,
    selecting.slice_between, selecting.filtered, selecting.index_pairs, selecting.has, selecting.has_at,
    selecting.asserted, keyed.keyed, keyed.plain, keyed.without_blanks, keyed.Blank,
)  # fmt: skip
"""Everything that compiled code calls by its own name."""


def add(left: Any, right: Any) -> Any:
    """Return `left + right`, for a list one that is ready to grow further."""
    if type(left) is Appended or (type(left) is list and len(left) > SHORT):
        return _growing(left).append(right)
    return arithmetic.add(left, right)


def shift_left(left: Any, right: Any) -> Any:
    """Return `left << right`, for a list one that is ready to grow further."""
    return add(left, right) if type(left) in GROWING else arithmetic.shift_left(left, right)


def concat(left: Any, right: Any) -> Any:
    """Return `left ++ right`, for a list one that is ready to grow further."""
    if type(right) is list and (type(left) is Appended or (type(left) is list and len(left) > SHORT)):
        spend(PER_ADDED * len(right), "'++'")
        return _growing(left).extend(right)
    return joining.concat(left, right)


def _growing(value: Any) -> Appended:
    """Return a list to which elements can be added at constant cost."""
    if type(value) is list:
        spend(PER_ADDED * len(value), "'++'")
        return Appended(value)
    found: Appended = value
    return found


OPERATIONS = {
    "add": add,
    "subtract": arithmetic.subtract,
    "multiply": arithmetic.multiply,
    "divide": arithmetic.divide,
    "negate": arithmetic.negate,
    "shift_left": shift_left,
    "shift_right": arithmetic.shift_right,
    "concat": concat,
    "remove": joining.remove,
    "less": comparing.less,
    "less_or_equal": comparing.less_or_equal,
    "greater": comparing.greater,
    "greater_or_equal": comparing.greater_or_equal,
}

BUILTINS = {
    each.__name__: each for each in (type, len, str, dict, list, int, iter, next, enumerate, isinstance, Exception)
}
GLOBALS: Mapping[str, Any] = {
    "__builtins__": BUILTINS,
    **{each.__name__: each for each in NAMED},
    **OPERATIONS,
    "here": here,
    "UNSET": UNSET,
    "UNCHANGED": UNCHANGED,
    "ONCE": (None,),
    "TYPED": TYPED,
    "ORDERED": frozenset({int, str}),
    "PLAIN": frozenset({int, str, bool, type(None)}),
    "MOST_STEPS": MOST_STEPS,
}
"""The names that compiled code sees."""
