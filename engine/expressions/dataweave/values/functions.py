"""Functions as values: lambdas, functions of a script and of the library; choosing among overloads; operators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.dataweave.values.coercing import converted, fitted
from engine.expressions.dataweave.values.errors import Unfit, not_taken
from engine.expressions.dataweave.values.kinds import KINDS, kind_of
from engine.expressions.dataweave.values.types import Type

Bare = Callable[..., Any]
"""A Python function that takes the arguments."""


class Function:
    """A function value.

    arity: the most arguments that `call` takes. least: the fewest, if some parameters have defaults.
    types: of the parameters; None in place of one that takes anything. returns: the type of the result, if written.
    acts: whether a call reads or changes anything but its arguments. defaults: Python functions without arguments that
    return the values of the last parameters, if they are left out.
    """

    __slots__ = ("acts", "arity", "call", "defaults", "least", "name", "returns", "types")

    def __init__(
        self,
        name: str,
        arity: int,
        call: Bare,
        types: Sequence[Type | None] | None = None,
        least: int | None = None,
        *,
        returns: Type | None = None,
        acts: bool = False,
        defaults: Sequence[Bare] = (),
    ) -> None:
        self.name = name
        self.arity = arity
        self.call = call
        self.types: tuple[Type | None, ...] = tuple(types) if types is not None else (None,) * arity
        self.least = arity if least is None else least
        self.returns = returns
        self.acts = acts
        self.defaults = tuple(defaults)

    def taking(self, count: int) -> Bare:
        """Return a Python function of exactly that many arguments; those that the function does not take are dropped.

        Raise Unfit if the function needs more.
        """
        if self.least > count:
            raise Unfit(f"{self.name or 'the function'} takes {self.least} arguments, not {count}")
        return dropping(self.call, self.arity, count)

    def takes(self, count: int) -> bool:
        """Return whether the function can be called with that many arguments."""
        return self.least <= count <= self.arity


def dropping(call: Bare, arity: int, count: int) -> Bare:
    """Return a function of `count` arguments that calls one which takes at most `arity`."""
    if arity >= count:
        return call
    if arity == 0:
        return lambda *_: call()
    if arity == 1:
        return (lambda first, _: call(first)) if count == 2 else (lambda first, *_: call(first))
    return lambda *arguments: call(*arguments[:arity])


def as_callable(value: Any, count: int) -> Bare:
    """Return a Python function of exactly `count` arguments. Raise Unfit if the value is no function."""
    if not isinstance(value, Function):
        raise Unfit("expected a function")
    return value.taking(count)


class Overloads(Function):
    """Functions of one name: the first whose types fit is called, else the one for which the fewest values convert."""

    __slots__ = ("functions",)

    def __init__(self, name: str, functions: Sequence[Function]) -> None:
        arity, least = max(each.arity for each in functions), min(each.least for each in functions)
        super().__init__(name, arity, self._choose, None, least, acts=any(each.acts for each in functions))
        self.functions = tuple(functions)

    def taking(self, count: int) -> Bare:
        fitting = [each for each in self.functions if each.least <= count]
        most = max((min(each.arity, count) for each in fitting), default=self.arity)
        return dropping(self.call, most, count)

    def _choose(self, *arguments: Any) -> Any:
        candidates = [(misfits(each.types, arguments), each) for each in self.functions if each.takes(len(arguments))]
        for count, each in candidates:
            if count == 0:
                return each.call(*arguments)
        for _, each in sorted(candidates, key=itemgetter(0)):
            spend(PER_TRIAL, self.name)
            try:
                converted = convert(each.types, arguments)
            except Unfit:
                continue
            return each.call(*converted)
        raise not_taken(self.name, arguments)


def misfits(types: Sequence[Type | None], arguments: Sequence[Any]) -> int:
    """Return how many arguments are not of the type of their parameter; to become a String counts a little more."""
    pairs = zip(types, arguments, strict=False)
    return sum(
        TO_TEXT if kind.base == "String" else TO_OTHER for kind, value in pairs if kind and not kind.accepts(value)
    )


TO_OTHER, TO_TEXT = 100, 101
"""What a conversion counts."""
PER_TRIAL = 60
"""Steps to find out whether the arguments convert to other types."""


def convert(types: Sequence[Type | None], arguments: Sequence[Any]) -> list[Any]:
    """Return the arguments, each converted to the type of its parameter. Raise Unfit if one does not convert."""
    return [
        value if kind is None or kind.accepts(value) else fitted(value, kind)
        for kind, value in zip(types, arguments, strict=False)
    ]


# Operators


Calculate = Callable[[Any, Any], Any]
Case = tuple[str, str, Calculate]
"""The kinds of both sides, `Any` for each, and what is done then."""


class Operation:
    """An operator. cases: in the order in which they are tried."""

    __slots__ = ("cases", "exact", "orders", "symbol")

    def __init__(self, symbol: str, cases: Sequence[Case]) -> None:
        self.symbol = symbol
        self.cases = cases
        self.exact: dict[tuple[str, str], Calculate] = {}
        self.orders: dict[tuple[str, str], list[Case]] = {}

    def __call__(self, left: Any, right: Any) -> Any:
        kinds = KINDS.get(type(left)) or kind_of(left), KINDS.get(type(right)) or kind_of(right)
        calculate = self.exact.get(kinds)
        if calculate is None:
            calculate = self._fitting(*kinds)
            if calculate is None:
                return self._converting(left, right, *kinds)
            self.exact[kinds] = calculate
        return calculate(left, right)

    def _fitting(self, left: str, right: str) -> Calculate | None:
        return next((do for one, other, do in self.cases if _takes(one, left) and _takes(other, right)), None)

    def _converting(self, left: Any, right: Any, left_kind: str, right_kind: str) -> Any:
        for one, other, calculate in self._order(left_kind, right_kind):
            spend(PER_TRIAL, f"'{self.symbol}'")
            try:
                values = _converted(left, left_kind, one), _converted(right, right_kind, other)
            except Unfit:
                continue
            return calculate(*values)
        raise not_taken(f"'{self.symbol}'", (left, right))

    def _order(self, left: str, right: str) -> list[Case]:
        """Return the cases that convert one side, then those that convert both."""
        found = self.orders.get((left, right))
        if found is None:
            sides = [(_takes(one, left) + _takes(other, right), at) for at, (one, other, _) in enumerate(self.cases)]
            found = [self.cases[at] for _, at in sorted(sides, key=lambda side: -side[0])]
            self.orders[left, right] = found
        return found


def _takes(kind: str, found: str) -> bool:
    return kind in ("Any", found) or (kind == "Array" and found == "Range")


def _converted(value: Any, found: str, kind: str) -> Any:
    return value if _takes(kind, found) else converted(value, kind)


KINDS |= {Function: "Function", Overloads: "Function"}
