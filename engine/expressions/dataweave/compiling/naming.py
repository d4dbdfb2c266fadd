"""Finds what names stand for: locals, the header, imports, the library, inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.expressions.dataweave import library
from engine.expressions.dataweave.compiling.scopes import Binding, Input, Known, Scope
from engine.expressions.dataweave.syntax.tree import Directive, Import, Name, Node, Script
from engine.expressions.errors import ExpressionSyntaxError
from engine.expressions.suggestion import did_you_mean

CORE = "dw::Core"
MULE = "Mule"
"""The module of the functions that the application brings along."""

Load = Callable[[str], Script]
"""Returns the tree of a module of the project by its name; raises KeyError if there is none."""


class Names:
    """The names of a script: its scopes, and the modules of the project that it imports.

    found: the scopes of modules that have been read.
    """

    def __init__(self, inputs: Mapping[str, str], names: Mapping[str, Any], load: Load | None) -> None:
        self.inputs = {name: Input(code) for name, code in inputs.items()}
        self.outermost = {name: Known(value, MULE) for name, value in names.items()}
        self.load = load
        self.modules: dict[str, Scope] = {}

    def scope_of(self, directives: tuple[Directive, ...], outer: Scope | None, room: Any = None) -> Scope:
        """Return a scope with what directives name."""
        return self._filled(Scope(outer, room), directives)

    def _filled(self, scope: Scope, directives: tuple[Directive, ...]) -> Scope:
        """Add what directives name to a scope: its own names come before imported ones."""
        for each in directives:
            scope.declare(each)
        for each in directives:
            if isinstance(each, Import):
                self._import(scope, each)
        return scope

    def _import(self, scope: Scope, directive: Import) -> None:
        if not directive.names and not directive.is_everything:
            self._require(directive.module, directive.offset)
            scope.modules[directive.alias] = directive.module
            return
        if directive.is_everything:
            for name, found in self._all(directive.module, directive.offset).items():
                scope.names.setdefault(name, found)  # the first import counts
        for each in directive.names:
            scope.names.setdefault(each.alias, self._member(directive.module, each.name, each.offset))

    def _require(self, module: str, offset: int) -> Scope | None:
        """Return the scope of a module of the project; None for one of the library. Refuse what is neither."""
        if module in library.MODULES or module == MULE:
            return None
        if module not in self.modules:
            script = self._read(module, offset)
            scope = self.modules[module] = Scope(None, self.room_of_modules())  # it may import one that imports it
            self._filled(scope, script.directives)
        return self.modules[module]

    def room_of_modules(self) -> Any:
        raise NotImplementedError

    def _read(self, module: str, offset: int) -> Script:
        try:
            if self.load is None:
                raise KeyError(module)
            return self.load(module)
        except KeyError:
            expected = "a module of DataWeave, or a .dwl file of the project"
            write = did_you_mean(module, library.modules())
            raise ExpressionSyntaxError(offset, f"the unknown module '{module}'", expected, write) from None

    def _all(self, module: str, offset: int) -> Mapping[str, Binding]:
        scope = self._require(module, offset)
        if scope is not None:
            return {name: each for name, each in scope.names.items() if getattr(each, "scope", None) is scope}
        if module == MULE:
            return self.outermost
        return {name: Known(value, module) for name, value in library.table(module).items()}

    def _member(self, module: str, name: str, offset: int) -> Binding:
        found = self._all(module, offset).get(name)
        if found is None:
            write = did_you_mean(name, self._all(module, offset))
            raise ExpressionSyntaxError(offset, f"'{name}', which {module} does not have", "one of its names", write)
        return found

    def binding(self, node: Name, scope: Scope) -> Binding:
        """Return what a name stands for. Raise ExpressionSyntaxError for an unknown one."""
        if node.module:
            return self._member(scope.module(node.module), node.name, node.offset)
        found = scope.find(node.name) or self.inputs.get(node.name) or self._always(node.name)
        if found is None:
            raise self.unknown(node, node.name, scope)
        return found

    def find(self, node: Node, scope: Scope) -> Binding | None:
        """Return what a node stands for if it is a name that there is."""
        if not isinstance(node, Name) or node.module:
            return self.binding(node, scope) if isinstance(node, Name) else None
        return scope.find(node.name) or self.inputs.get(node.name) or self._always(node.name)

    def _always(self, name: str) -> Binding | None:
        found = self.outermost.get(name)
        if found is None and name in library.table(CORE):
            found = Known(library.declared(CORE, name), CORE)
        return found

    def unknown(self, node: Node, name: str, scope: Scope) -> ExpressionSyntaxError:
        """Return the mistake for a name that nothing has."""
        if name.startswith("$"):
            expected = "it in what stands behind a function such as map, between its operands"
            return ExpressionSyntaxError(
                node.offset, f"'{name}' outside of a function", expected, f"payload map {name}"
            )
        known = scope.known() | self.inputs.keys() | set(library.table(CORE))
        module = next((each for each in library.modules() if each != CORE and _has(each, name)), "")
        if module:
            return ExpressionSyntaxError(
                node.offset, f"'{name}' without its import", f"a function of {module}", f"import {name} from {module}"
            )
        write = did_you_mean(name, known)
        return ExpressionSyntaxError(
            node.offset, f"the unknown name '{name}'", "one of the script or of DataWeave", write
        )


def _has(module: str, name: str) -> bool:
    try:
        return name in library.table(module)
    except ImportError:
        return False
