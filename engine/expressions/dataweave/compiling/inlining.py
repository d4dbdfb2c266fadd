"""Compiles the usual functions of lists and objects as loops, without a call for each element."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

from engine.expressions.dataweave.compiling.base import declares_functions, nodes
from engine.expressions.dataweave.compiling.calls import Calls, without_parentheses
from engine.expressions.dataweave.compiling.functions import DOLLARS
from engine.expressions.dataweave.compiling.naming import CORE
from engine.expressions.dataweave.compiling.scopes import Local, Scope
from engine.expressions.dataweave.library.declaring import Builtin
from engine.expressions.dataweave.syntax.tree import Call, Field, Lambda, Name, Node, ObjectLiteral

MEASURES = {
    "sizeOf": "len({0}) if type({0}) is list or type({0}) is dict",
    "isEmpty": "not {0} if type({0}) is str or type({0}) is list or type({0}) is dict",
}
"""The usual case of functions of one value."""


class Loop(NamedTuple):
    """What a loop does. names: of the parameters of its body."""

    items: str
    names: tuple[str, ...]
    body: Node
    scope: Scope


class Inlining(Calls):
    """Loops in place of calls."""

    def inlined(self, node: Call, function: Builtin, scope: Scope) -> str | None:
        """Return the name of the result of a loop; None if the function has to be called."""
        if function.module != CORE or len(node.arguments) != 2:
            return self._measured(node, function, scope)
        write = getattr(self, f"_loop_{function.name}", None)
        body = without_parentheses(node.arguments[1]) if node.is_infix else node.arguments[1]
        if write is None or declares_functions(body) or not self._is_body(node, body, scope):
            return None
        result: str = write(node, scope)
        return result

    def _measured(self, node: Call, function: Builtin, scope: Scope) -> str | None:
        """Return the size of a value, or whether it is empty; None for other functions."""
        if self.is_keyed and function.module == CORE and function.name == "valuesOf":
            return self._loop_pluck(replace(node, arguments=(*node.arguments, Name(node.offset, "$"))), scope)
        fast = MEASURES.get(function.name) if function.module == CORE else None
        if fast is None:
            return None
        value = self.visit(node.arguments[0], scope)
        return self.let(f"{fast.format(value)} else {self.constant(function.call)}({value})")

    def _is_body(self, node: Call, body: Node, scope: Scope) -> bool:
        """Return whether an argument is the body of a loop, or a function with as many parameters as it gets."""
        if not isinstance(body, Lambda):
            return node.is_infix and not self._is_function(body, scope)
        defaults = [each.default is not None for each in body.parameters]
        is_start = isinstance(node.function, Name) and node.function.name == "reduce" and defaults == [False, True]
        return len(body.parameters) <= len(DOLLARS) and (is_start or not any(defaults))

    def _loop(self, node: Call, scope: Scope, items: str, names: tuple[str, ...], keys: tuple[int, ...] = ()) -> Loop:
        """Name what the body sees: the parameters of a function, or `$`. keys: the positions of keys."""
        body = without_parentheses(node.arguments[1]) if node.is_infix else node.arguments[1]
        inner = self._scope_of_types(body, scope) if isinstance(body, Lambda) else Scope(scope)
        given = [each.name for each in body.parameters] if isinstance(body, Lambda) else DOLLARS
        for position, (name, local) in enumerate(zip(given, names, strict=False)):
            inner.names[name] = Local(local, position in keys)
        return Loop(items, names, body.body if isinstance(body, Lambda) else body, inner)

    def _null_or(self, items: str, result: str, write: Callable[[], None]) -> str:
        """Write a loop that null passes by."""
        with self.block(f"if {self.is_null(items)}:"):
            self.write(f"{result} = None")
        with self.block("else:"):
            write()
        return result

    def _uses(self, loop: Loop, position: int) -> bool:
        """Return whether the body asks for a parameter."""
        names = {
            name
            for name, found in loop.scope.names.items()
            if isinstance(found, Local) and found.name == loop.names[position]
        }
        return any(isinstance(each, Name) and each.name in names for each in nodes(loop.body))

    def _elements(self, loop: Loop, what: str) -> str:
        """Write the payment for a list, and return the head of the loop over it."""
        items = self.let(f"{loop.items} if type({loop.items}) is list else elements({loop.items}, {what!r})")
        self.pay(f"len({items})", loop.body, what)
        item, index = loop.names[:2]
        return f"for {index}, {item} in enumerate({items}):" if self._uses(loop, 1) else f"for {item} in {items}:"

    def _entries(self, loop: Loop, what: str) -> str:
        """Write the payment for an object, and return the head of the loop over its entries."""
        items = self.let(f"{loop.items} if type({loop.items}) is dict else entries({loop.items}, {what!r})")
        self.pay(f"len({items})", loop.body, what)
        value, key, index = loop.names
        each = f"({key}, {value})" if self._uses(loop, 2) else f"{key}, {value}"
        return (
            f"for {index}, {each} in enumerate({items}.items()):"
            if self._uses(loop, 2)
            else f"for {each} in {items}.items():"
        )

    @contextmanager
    def _lazily(self, node: Call) -> Iterator[None]:
        """Write the body of a loop whose errors a `default` around it does not replace."""
        if node is not self.lazy:
            yield
            return
        with self.block("try:"):
            yield
        with self.block("except Unfit as error:"):
            self.write("raise late(error) from None")

    # Lists

    def _loop_map(self, node: Call, scope: Scope) -> str:
        result, names = self.new(), (self.new(), self.new())
        loop = self._loop(node, scope, self.visit(node.arguments[0], scope), names)

        def write() -> None:
            head = self._elements(loop, "map")
            self.write(f"{result} = []")
            with self.loop(head, names[0]), self._lazily(node):
                self.write(f"{result}.append({self.visit(loop.body, loop.scope)})")

        return self._null_or(loop.items, result, write)

    def _loop_filter(self, node: Call, scope: Scope) -> str:
        result, names = self.new(), (self.new(), self.new())
        loop = self._loop(node, scope, self.visit(node.arguments[0], scope), names)

        def write() -> None:
            head = self._elements(loop, "filter")
            self.write(f"{result} = []")
            with self.loop(head, names[0]), self._lazily(node):
                condition = self.truth(self.visit(loop.body, loop.scope))
                self.write(f"if {condition}: {result}.append({names[0]})")
            self.write(
                f"if type({loop.items}) is not list and not is_array({loop.items}): {result} = ''.join({result})"
            )

        return self._null_or(loop.items, result, write)

    def _loop_flatMap(self, node: Call, scope: Scope) -> str:  # noqa: N802  # DataWeave's name
        result, names = self.new(), (self.new(), self.new())
        loop = self._loop(node, scope, self.visit(node.arguments[0], scope), names)

        def write() -> None:
            head = self._elements(loop, "flatMap")
            self.write(f"{result} = []")
            with self.loop(head, names[0]), self._lazily(node):
                found = self.visit(loop.body, loop.scope)
                self.write(f"{result} += {found} if type({found}) is list else several({found})")

        return self._null_or(loop.items, result, write)

    def _loop_reduce(self, node: Call, scope: Scope) -> str:
        item, result = self.new(), self.new()
        loop = self._loop(node, scope, self.visit(node.arguments[0], scope), (item, result))

        def write() -> None:
            items = self.let(f"elements({loop.items}, 'reduce')")
            self.pay(f"len({items})", loop.body, "reduce")
            rest = self.let(f"iter({items})")
            start = _start(node.arguments[1])
            if start is not None:
                self.deliver(start, scope, result)
            else:
                self.write(f"{result} = next({rest}, None if is_array({items}) else '')")
            with self.loop(f"for {item} in {rest}:", item):
                self.deliver(loop.body, loop.scope, result)

        return self._null_or(loop.items, result, write)

    # Objects

    def _over_object(self, node: Call, scope: Scope, what: str, make: Callable[[Loop, str], None], end: str) -> str:
        """Write a loop over the entries of an object, whose result is made of a list."""
        result, names = self.new(), (self.new(), self.new(), self.new())
        loop = self._loop(node, scope, self.visit(node.arguments[0], scope), names, keys=(1,))

        def write() -> None:
            head = self._entries(loop, what)
            found = self.let("[]")
            with self.loop(head, names[0]), self._lazily(node):
                if self.is_keyed:
                    self.write(f"if type({names[1]}) is not str: {names[0]} = keyed({names[0]}, {names[1]})")
                make(loop, found)
            self.write(f"{result} = {end.format(found)}")

        return self._null_or(loop.items, result, write)

    def _loop_mapObject(self, node: Call, scope: Scope) -> str:  # noqa: N802
        def make(loop: Loop, found: str) -> None:
            body = loop.body
            if isinstance(body, ObjectLiteral) and all(
                isinstance(each, Field) and not each.condition for each in body.fields
            ):
                for each in body.fields:
                    self.append_entry(each, loop.scope, found)
            else:
                self.write(f"{found} += pairs({self.visit(body, loop.scope)})")

        return self._over_object(node, scope, "mapObject", make, "object_of({})")

    def _loop_filterObject(self, node: Call, scope: Scope) -> str:  # noqa: N802
        def make(loop: Loop, found: str) -> None:
            with self.block(f"if {self.truth(self.visit(loop.body, loop.scope))}:"):
                self.write(f"{found}.append(({loop.names[1]}, {loop.names[0]}))")

        return self._over_object(node, scope, "filterObject", make, "object_of({})")

    def _loop_pluck(self, node: Call, scope: Scope) -> str:
        def make(loop: Loop, found: str) -> None:
            self.write(f"{found}.append({self.visit(loop.body, loop.scope)})")

        return self._over_object(node, scope, "pluck", make, "{}")


def _start(body: Node) -> Node | None:
    """Return the value with which reduce begins: the default of the second parameter."""
    return body.parameters[1].default if isinstance(body, Lambda) and len(body.parameters) > 1 else None
