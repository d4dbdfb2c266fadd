"""Compiles `match` and `update`."""

from __future__ import annotations

from engine.expressions.dataweave.compiling.base import RETURN
from engine.expressions.dataweave.compiling.inlining import Inlining
from engine.expressions.dataweave.compiling.scopes import Local, Scope
from engine.expressions.dataweave.syntax.tree import (
    Anything,
    Case,
    Change,
    Literal,
    Match,
    Node,
    OfArray,
    OfObject,
    OfRegex,
    OfType,
    OfValue,
    Pattern,
    Step,
    Update,
)
from engine.expressions.dataweave.values.types import Type


class Matching(Inlining):
    """Patterns."""

    def visit_match(self, node: Match, scope: Scope) -> str:
        return self.delivered(node, scope)

    def deliver_match(self, node: Match, scope: Scope, sink: str) -> None:
        """Write the cases one after another; the first that fits leaves."""
        value = self.let(self.visit(node.operand, scope))
        if sink == RETURN:
            self._cases(node, value, scope, sink)
            return
        with self.block("for _ in ONCE:"):
            if self._cases(node, value, scope, sink):
                self.write("break")

    def _cases(self, node: Match, value: str, scope: Scope, sink: str) -> bool:
        """Write the cases up to the one that fits everything. Return whether there is such a case."""
        for each in node.cases:
            if isinstance(each.pattern, Anything) and each.guard is None:
                self.deliver(each.body, self._scope_of_case(each.pattern, value, scope), sink)
                return True
            self._case(each, value, scope, sink)
        self.write(f"unmatched({value})")
        return False

    def _scope_of_case(self, pattern: Pattern, value: str, scope: Scope) -> Scope:
        """Return the scope of a case: the value has its name, or is `$`."""
        inner = Scope(scope)
        inner.names[pattern.name or "$"] = Local(value)
        return inner

    def _case(self, case: Case, value: str, scope: Scope, sink: str) -> None:
        inner = self._scope_of_case(case.pattern, value, scope)
        test = self._test(case.pattern, value, inner)
        with self.block(f"if {test}:"):
            self._bind(case.pattern, value, inner)
            if case.guard is None:
                self._leave(case, inner, sink)
                return
            with self.block(f"if {self.truth(self.visit(case.guard, inner))}:"):
                self._leave(case, inner, sink)

    def _leave(self, case: Case, scope: Scope, sink: str) -> None:
        self.deliver(case.body, scope, sink)
        if sink != RETURN:
            self.write("break")

    def _test(self, pattern: Pattern, value: str, scope: Scope) -> str:
        """Return the code that asks whether a value fits a pattern."""
        if isinstance(pattern, OfValue):
            return self._is_value(pattern.value, value, scope)
        if isinstance(pattern, OfType):
            return self.is_of(value, self.type_of(pattern.type, scope))
        if isinstance(pattern, OfRegex):
            found = self.let(f"groups_of({value}, {self.visit(pattern.regex, scope)})")
            scope.names[pattern.name or "$"] = Local(found)
            return f"{found} is not None"
        if isinstance(pattern, OfArray):
            test = f"is_array({value})"
            return f"{test} and len({value}) {'>' if pattern.head else '=='} 0"
        if isinstance(pattern, OfObject):
            test = self.is_of(value, Type("Object"))
            return f"{test} and len({value}) {'>' if pattern.key else '=='} 0"
        return "True"

    def _is_value(self, node: Node, value: str, scope: Scope) -> str:
        name = self.visit(node, scope)
        if isinstance(node, Literal) and node.value is None:
            return self.is_null(value)
        if isinstance(node, Literal) and type(node.value) is str:
            return f"({value} == {name} if type({value}) is str else similar({value}, {name}))"
        return f"similar({value}, {name})"

    def _bind(self, pattern: Pattern, value: str, scope: Scope) -> None:
        """Write the names that a pattern gives to parts of the value."""
        if isinstance(pattern, OfArray) and pattern.head:
            self._name(scope, pattern.head, f"{value}[0]")
            self._name(scope, pattern.tail, f"tail_of({value})")
        if isinstance(pattern, OfObject) and pattern.key:
            first = self.let(f"next(iter({value}.items()))")
            self._name(scope, pattern.key, f"key_value({first}[0])")
            self._name(scope, pattern.value, f"{first}[1]")
            self._name(scope, pattern.tail, f"tail_of({value})")

    def _name(self, scope: Scope, name: str, code: str) -> None:
        scope.names[name] = Local(self.let(code))

    # update

    def visit_update(self, node: Update, scope: Scope) -> str:
        value = self.visit(node.operand, scope)
        changes = [self._change(each, scope) for each in node.changes]
        return self.let(f"updated({value}, [{', '.join(changes)}])")

    def _change(self, node: Change, scope: Scope) -> str:
        """Return the code of a change: its path, whether it creates what is missing, and its function."""
        steps = "".join(f"{self._step(each, scope)}, " for each in node.path)
        name, inner = self.new("f"), Scope(scope)
        names = [self.new(), self.new()]
        inner.names.update(zip(node.names, map(Local, names), strict=True))
        with self.outside_of_tail(), self.function(name, names):
            if node.guard is not None:
                with self.block(f"if not {self.truth(self.visit(node.guard, inner))}:"):
                    self.write("return UNCHANGED")
            self.deliver(node.body, inner, RETURN)
        return f"(({steps}), {node.is_forced}, {name})"

    def _step(self, node: Step, scope: Scope) -> str:
        key = self.visit(node.key, scope)
        uri = f"{self.namespace(node, node.namespace, scope)}.uri" if node.namespace else "''"
        return f"({node.kind!r}, {key}, {uri})"
