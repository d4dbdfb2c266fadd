"""Compiles names and calls."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from engine.expressions.dataweave.compiling.base import nodes
from engine.expressions.dataweave.compiling.functions import Functions, is_filled_from_last
from engine.expressions.dataweave.compiling.recursion import Recursion
from engine.expressions.dataweave.compiling.scopes import (
    Alias,
    Binding,
    Declared,
    Input,
    Known,
    Local,
    Scope,
    Written,
)
from engine.expressions.dataweave.compiling.writer import Place
from engine.expressions.dataweave.library.declaring import Builtin
from engine.expressions.dataweave.syntax.tree import Call, FunctionType, Lambda, Name, Node, TypeName, UnionType
from engine.expressions.dataweave.values.functions import Function
from engine.expressions.dataweave.values.types import Type
from engine.expressions.errors import ExpressionSyntaxError


class Room(Place):
    """Where the functions and variables of a header, or of `do`, are written: before everything that uses them."""

    def __init__(self, place: Place) -> None:
        super().__init__(depth=place.depth, loop=place.loop, blocks=place.blocks)
        self.functions: list[str] = []


class Calls(Functions):
    """Names and calls."""

    # Names

    def visit_name(self, node: Name, scope: Scope) -> str:
        if not node.module and self.find(node, scope) is None:
            if scope.namespace(node.name) is not None:
                return self.namespace(node, node.name, scope)
            kind = self._type_named(node, scope)
            if kind is not None:
                return self.constant(kind)
        found = self.binding(node, scope)
        self.refuse_itself(node, found)
        return self.value_of(found)

    def _type_named(self, node: Name, scope: Scope) -> Type | None:
        """Return the type that a name without a value stands for."""
        try:
            return self.type_of(TypeName(node.offset, node.name), scope)
        except ExpressionSyntaxError:
            return None

    def value_of(self, found: Binding) -> str:
        """Return the name of the value that a name stands for."""
        if isinstance(found, Local):
            return self.let(f"key_value({found.name})") if found.is_key else found.name
        if isinstance(found, Known):
            return self.constant(found.value)
        if isinstance(found, Alias):
            return self.constant(self.named(found))
        if isinstance(found, Input):
            return self._input(found)
        return self._variable(found) if isinstance(found, Declared) else self._function_value(found)

    def _input(self, found: Input) -> str:
        """Read an input once, before everything else."""
        if not found.name:
            found.name = self.new()
            self.shared.add(found.name)
            with self.at(self.header):
                self.write(f"{found.name} = {found.code}")
        return found.name

    header: Room

    @cached_property
    def recursion(self) -> Recursion:
        return Recursion()

    def _variable(self, found: Declared) -> str:
        """Return the name of a variable's value."""
        self.write_variable(found)
        if found.may_be_unready:
            self.write(f"if type({found.name}) is Unready: {found.name}.fail()")
        return found.name

    def write_variable(self, found: Declared) -> None:
        """Write a variable before its first use, after the variables that it uses itself."""
        if not found.name:
            found.name = self.new()
            room: Room = found.scope.room
            self.shared.add(found.name)
            place = Place(depth=room.depth, loop=room.loop, blocks=room.blocks)
            with self.at(place), self.outside_of_tail():
                found.nesting = self.nesting
                self._deliver_variable(found)
            room.lines += place.lines
            found.is_written = True

    def _deliver_variable(self, found: Declared) -> None:
        """Write the value of a variable. What fails in a loop of it only fails where the variable is used."""
        value = found.directive.value
        if not any(map(_is_lazy, nodes(value))):
            self.deliver(value, found.scope, found.name)
            return
        with self.block("try:"):
            self.deliver(value, found.scope, found.name)
        with self.block("except DataWeaveError as error:"):
            self.write(f"{found.name} = Unready(error)")
        found.may_be_unready = True

    def refuse_itself(self, node: Name, found: Binding) -> None:
        """Refuse a variable in its own value; functions that it holds may use it."""
        if isinstance(found, Declared) and not found.is_written and found.nesting == self.nesting:
            raise ExpressionSyntaxError(node.offset, f"'{node.name}' in its own value", "another variable")

    def function_names(self, found: Written) -> list[str]:
        """Write the functions of a name, if that has not begun. Return the names of the Python functions."""
        if not found.names:
            found.names = [self.new("f") for _ in found.lambdas]
            self.shared.update(found.names)
            found.is_recursive = self.recursion.calls_itself(found)
            room: Room = found.scope.room
            for number in range(len(found.lambdas)):
                place = Place(depth=room.depth, blocks=room.blocks)  # functions may call those that come later
                with self.at(place), self.outside_of_tail():
                    self.write_function(found, number)
                room.functions += place.lines
        return found.names

    def _function_value(self, found: Written) -> str:
        names = self.function_names(found)
        if not found.value:
            found.value = self.new()
            self.shared.add(found.value)
            room: Room = found.scope.room
            values = [self.as_value(*each, found.scope) for each in zip(names, found.lambdas, strict=True)]
            value = values[0] if len(values) == 1 else f"Overloads({self.constant(found.name)}, [{', '.join(values)}])"
            room.functions.append(f"{' ' * room.depth}{found.value} = {value}")
        return found.value

    # Calls

    def visit_call(self, node: Call, scope: Scope) -> str:
        found = self.find(node.function, scope) if isinstance(node.function, Name) else None
        if isinstance(node.function, Name) and found is None:
            found = self.binding(node.function, scope)
        if isinstance(found, Written):
            return self._call_written(node, found, scope)
        if isinstance(found, Known) and isinstance(found.value, Function):
            return self._call_known(node, found, scope)
        return self._call_value(node, scope)

    def deliver_call(self, node: Call, scope: Scope, sink: str) -> None:
        found = self.find(node.function, scope) if isinstance(node.function, Name) else None
        number = self._only(found, len(node.arguments)) if isinstance(found, Written) else -1
        if isinstance(found, Written) and number >= 0 and self.jumps(node, found, number, sink):
            self.jump(_filled(found.lambdas[number], self._arguments(node, found, scope)))
        else:
            self.put(self.visit_call(node, scope), sink)

    def _only(self, found: Written, count: int) -> int:
        """Return the one function of a name that takes this many arguments; -1 if several do."""
        taking = [at for at, each in enumerate(found.lambdas) if _takes(each, count)]
        return taking[0] if len(taking) == 1 and (len(found.lambdas) == 1 or not _typed(found)) else -1

    def _call_written(self, node: Call, found: Written, scope: Scope) -> str:
        names = self.function_names(found)
        if not any(_takes(each, len(node.arguments)) for each in found.lambdas):
            raise _wrong_count(node, found.name, map(_counts, found.lambdas))
        number = self._only(found, len(node.arguments))
        arguments = self._arguments(node, found, scope)
        if number < 0:
            return self.let(f"{self._function_value(found)}.call({', '.join(arguments)})")
        arguments = _filled(found.lambdas[number], arguments)
        if found.is_recursive and scope.depth:
            arguments.append(f"{scope.depth} + 1")
        return self.let(f"{names[number]}({', '.join(arguments)})")

    def _arguments(self, node: Call, found: Written, scope: Scope) -> list[str]:
        first, *others = node.arguments or (None,)
        if first is None:
            return []
        names = [self.visit(first, scope)]
        for position, each in enumerate(others, 1):
            arity = self._arity_of_parameter(found, position) if node.is_infix else -1
            names.append(self._argument(each, scope, arity))
        return names

    def _arity_of_parameter(self, found: Written, position: int) -> int:
        """Return how many arguments the function gets that a parameter takes; -1 if it takes none."""
        for function in found.lambdas:
            if position < len(function.parameters):
                kind = function.parameters[position].type
                kinds = kind.types if isinstance(kind, UnionType) else (kind,)
                for each in kinds:
                    arity = self._arity_of_type(each, found.scope)
                    if arity >= 0:
                        return arity
        return -1

    def _arity_of_type(self, kind: object, scope: Scope) -> int:
        if isinstance(kind, FunctionType):
            return len(kind.parameters)
        alias = scope.find(kind.name) if isinstance(kind, TypeName) else None
        return self._arity_of_type(alias.directive.type, alias.scope) if isinstance(alias, Alias) else -1

    def _argument(self, node: Node, scope: Scope, arity: int) -> str:
        """Return an argument; what stands where a function is expected is its body, unless it is one."""
        if arity >= 0:
            node = without_parentheses(node)
        if isinstance(node, Lambda) and arity >= 0:
            return self.let(self.as_value(self.function_of(node, scope, is_checked=False), node, scope), "Function")
        if arity < 0:
            return self.visit(node, scope)
        if self._is_function(node, scope):
            return self.let(f"function_or_constant({self.visit(node, scope)}, {arity})")
        return self.let(f"Function('', {arity}, {self.implied(node, scope, arity)}, None, 0)", "Function")

    def _is_function(self, node: Node, scope: Scope) -> bool:
        """Return whether a node without `$` may be a function by itself."""
        return isinstance(node, Name) and not node.name.startswith("$")

    def _call_known(self, node: Call, found: Known, scope: Scope) -> str:
        """Call a function of the library."""
        function: Function = found.value
        counts = _counts_of(function)
        if not any(least <= len(node.arguments) <= most for least, most in counts):
            raise _wrong_count(node, function.name, counts)
        inlined = self.inlined(node, function, scope) if isinstance(function, Builtin) else None
        if inlined is not None:
            return inlined
        names = []
        for position, each in enumerate(node.arguments):
            arity = _arity(function, position) if node.is_infix and position else -1
            names.append(self._argument(each, scope, arity))
        return self.let(f"{self.constant(function.call)}({', '.join(names)})")

    def inlined(self, node: Call, function: Builtin, scope: Scope) -> str | None:
        raise NotImplementedError

    def _call_value(self, node: Call, scope: Scope) -> str:
        function = self.visit(node.function, scope)
        arguments = [self.visit(each, scope) for each in node.arguments]
        self.write("budget.pay(12, 'a call')")
        return self.let(f"called({', '.join([function, *arguments])})")


LAZY = frozenset({"map", "filter", "flatMap", "mapObject", "filterObject", "pluck", "distinctBy"})
"""The functions whose bodies Mule runs when something of the result is asked for."""


def _is_lazy(node: Node) -> bool:
    return isinstance(node, Call) and isinstance(node.function, Name) and node.function.name in LAZY


def without_parentheses(node: Node) -> Node:
    """Return the body of `() -> …` where a function is expected: `$` is in it what it is without the parentheses."""
    return node.body if isinstance(node, Lambda) and not node.parameters else node


def _counts(function: Lambda) -> tuple[int, int]:
    """Return how many arguments a function takes, at least and at most."""
    return sum(each.default is None for each in function.parameters), len(function.parameters)


def _takes(function: Lambda, count: int) -> bool:
    least, most = _counts(function)
    return least <= count <= most


def _filled(function: Lambda, arguments: list[str]) -> list[str]:
    """Return an argument for each parameter; those that are not given take their defaults."""
    missing = ["UNSET"] * (len(function.parameters) - len(arguments))
    return [*missing, *arguments] if is_filled_from_last(function) else [*arguments, *missing]


def _typed(found: Written) -> bool:
    """Return whether types decide which function of a name is called."""
    counts = [len(each.parameters) for each in found.lambdas]
    return len(set(counts)) < len(counts)


def _counts_of(function: Function) -> list[tuple[int, int]]:
    """Return how many arguments each function of a name in the library takes."""
    if isinstance(function, Builtin):
        return [(each.signature.least, len(each.signature.parameters)) for each in function.alternatives]
    return [(function.least, function.arity)]


def _arity(function: Function, position: int) -> int:
    """Return how many arguments the function gets that a library function takes at a position; -1 if it takes none."""
    if not isinstance(function, Builtin):
        return -1
    found = [
        each.signature.parameters[position]
        for each in function.alternatives
        if position < len(each.signature.parameters)
    ]
    arity = max((each.arity for each in found), default=-1)
    is_any = arity < 0 and any(each.kinds == ("Function",) for each in found)
    return 2 if is_any else arity  # the function of reduce gets two


def _wrong_count(node: Call, name: str, counts: Iterable[tuple[int, int]]) -> ExpressionSyntaxError:
    """Return the mistake of a call with too few or too many arguments. counts: the fewest and most of each function."""
    taken = sorted({count for least, most in counts for count in range(least, most + 1)})
    expected = " or ".join(map(str, taken)) + f" argument{'' if taken == [1] else 's'}"
    given = len(node.arguments)
    found = f"{name}() with {given} argument{'' if given == 1 else 's'}"
    return ExpressionSyntaxError(node.function.offset, found, expected)
