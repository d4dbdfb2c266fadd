"""Declares functions of the library: their signatures in DataWeave, and Python functions that do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import cleandoc
from typing import Any, NamedTuple, TypeVar

from engine.expressions.budget import spend
from engine.expressions.dataweave.library.signatures import Parameter, Signature, signature_of
from engine.expressions.dataweave.values.coercing import converted
from engine.expressions.dataweave.values.errors import Unfit, not_taken
from engine.expressions.dataweave.values.functions import Bare, Function, dropping
from engine.expressions.dataweave.values.kinds import KINDS, kind_of

Call = TypeVar("Call", bound=Callable[..., Any])

TABLES: dict[str, dict[str, Any]] = {}
"""What each module declares: functions, types and constants, by name."""
CONSTANTS: dict[str, Any] = {"Null": None, "false": False, "true": True}
"""Results that are the same for every call with null."""
CALL = 8
"""Steps of a call."""


class Alternative(NamedTuple):
    """One signature of a function and the Python function that does it.

    Parameters that are functions reach it as Python functions of as many arguments as the signature says.
    """

    signature: Signature
    implementation: Bare

    def takes(self, count: int) -> bool:
        return self.signature.least <= count <= len(self.signature.parameters)


class Builtin(Function):
    """A function of the library, with its alternatives in the order in which they are tried."""

    __slots__ = ("alternatives", "known", "manual", "module")

    def __init__(self, module: str, name: str, acts: bool) -> None:
        super().__init__(name, 0, self._called, acts=acts)
        self.module = module
        self.manual = ""
        self.alternatives: list[Alternative] = []
        self.known: dict[tuple[type, ...], Bare] = {}

    def add(self, alternative: Alternative) -> None:
        self.alternatives.append(alternative)
        self.arity = max(len(each.signature.parameters) for each in self.alternatives)
        self.least = min(each.signature.least for each in self.alternatives)
        self.types = (None,) * self.arity

    def taking(self, count: int) -> Bare:
        fitting = [each for each in self.alternatives if each.signature.least <= count]
        if not fitting:
            raise Unfit(f"{self.name} takes {self.least} arguments, not {count}")
        return dropping(self.call, max(min(len(each.signature.parameters), count) for each in fitting), count)

    def _called(self, *arguments: Any) -> Any:
        spend(CALL, self.name)
        types = tuple(map(type, arguments))
        call = self.known.get(types)
        if call is None:
            call = self._accepting(arguments)
            if call is None:
                return self._converting(arguments)
            if KINDS.keys() >= set(types):
                self.known[types] = call
        return call(*arguments)

    def _accepting(self, arguments: Sequence[Any]) -> Bare | None:
        kinds = list(map(kind_of, arguments))
        for each in self.alternatives:
            if each.takes(len(kinds)) and all(map(_accepts, each.signature.parameters, kinds)):
                return _called_with_functions(each)
        return None

    def _converting(self, arguments: Sequence[Any]) -> Any:
        kinds = list(map(kind_of, arguments))
        candidates = [each for each in self.alternatives if each.takes(len(kinds))]
        for each in sorted(candidates, key=lambda each: _misfits(each, kinds)):
            try:
                values = list(map(_converted, each.signature.parameters, arguments))
            except Unfit:
                continue
            return _called_with_functions(each)(*values)
        raise not_taken(self.name, arguments)


def _accepts(parameter: Parameter, kind: str) -> bool:
    kinds = parameter.kinds
    return not kinds or kind in kinds or (kind == "Range" and "Array" in kinds)


def _misfits(alternative: Alternative, kinds: Sequence[str]) -> int:
    return sum(not _accepts(*pair) for pair in zip(alternative.signature.parameters, kinds, strict=False))


def _converted(parameter: Parameter, value: Any) -> Any:
    if _accepts(parameter, kind_of(value)):
        return value
    for kind in parameter.kinds:
        try:
            return converted(value, kind)
        except Unfit:
            continue
    raise Unfit(f"the argument {parameter.name} does not take {kind_of(value)}")


def _called_with_functions(alternative: Alternative) -> Bare:
    """Return the implementation, to which functions are passed as Python functions."""
    call = alternative.implementation
    arities = [(at, each.arity) for at, each in enumerate(alternative.signature.parameters) if each.arity >= 0]
    if not arities:
        return call
    if len(arities) == 1:
        return _with_one_function(call, *arities[0])

    def run(*arguments: Any) -> Any:
        values = list(arguments)
        for at, arity in arities:
            if at < len(values):
                values[at] = values[at].taking(arity)
        return call(*values)

    return run


def _with_one_function(call: Bare, at: int, arity: int) -> Bare:
    if at == 1:

        def run_second(first: Any, function: Function, *rest: Any) -> Any:
            return call(first, function.taking(arity), *rest)

        return run_second

    def run(*arguments: Any) -> Any:
        if at >= len(arguments):
            return call(*arguments)
        return call(*arguments[:at], arguments[at].taking(arity), *arguments[at + 1 :])

    return run


def defined(module: str, name: str, *signatures: str, acts: bool = False, manual: str = "") -> Callable[[Call], Call]:
    """Declare a function of a module; the Python function stays as it is. Several declarations of a name are overloads.

    A signature whose result is `Null`, `true` or `false` and that has a parameter `Null` does not reach the Python
    function: that is the result. Defaults of parameters are those of the Python function. acts: whether it reads or
    changes anything but its arguments. manual: what it does, in place of the Python function's docstring.
    """

    def declare(call: Call) -> Call:
        table = TABLES.setdefault(module, {})
        builtin = table.get(name)
        if builtin is None:
            builtin = table[name] = Builtin(module, name, acts)
        builtin.manual = builtin.manual or manual or cleandoc(call.__doc__ or "")
        for text in signatures:
            signature = signature_of(text)
            builtin.add(Alternative(signature, _constant(signature) or call))
        return call

    return declare


def constant(module: str, name: str, value: Any) -> None:
    """Declare a value of a module: a variable or a type."""
    TABLES.setdefault(module, {})[name] = value


def _constant(signature: Signature) -> Bare | None:
    if signature.result in CONSTANTS and any(each.kinds == ("Null",) for each in signature.parameters):
        result = CONSTANTS[signature.result]
        return lambda *_: result
    return None
