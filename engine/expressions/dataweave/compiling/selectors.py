"""Compiles selectors."""

from __future__ import annotations

from functools import cached_property

from engine.expressions.dataweave.compiling.literals import Literals
from engine.expressions.dataweave.compiling.scopes import Input, Scope
from engine.expressions.dataweave.syntax.tree import Call, Index, Literal, Name, Node, Presence, Select

BY_NAME = {".": "select", ".*": "select_all", ".&": "select_pairs", ".@": "attribute", ".*@": "attributes_named"}
BARE = {"..": "descend", ".@": "attributes", "..@": "attributes_below", ".#": "namespace_of", ".^": "metadata"}
VARIABLES, PAYLOAD = "vars", "payload"
KNOWING = frozenset({".", ".*"})
"""The selectors whose values may have to know their keys."""


class Selectors(Literals):
    """Selectors."""

    @cached_property
    def presence(self) -> dict[str, str]:
        """The code that asks whether a selector has found anything, by the name of its value."""
        return {}

    def visit_select(self, node: Select, scope: Scope) -> str:
        operand = self.visit(node.operand, scope)
        if node.key is None:
            code = f"{BARE[node.kind]}({operand})"
            return self._unless_missing(operand, code) if node.kind.startswith("..") else self.let(code)
        name = self.visit(node.key, scope)
        uri = self._uri(node, scope)
        if node.kind == ".^":
            return self.let(f"metadata({operand}, {name})")
        if node.kind.startswith(".."):
            return self._unless_missing(operand, self._below(node, operand, name, uri))
        result = self.let(self._by_name(node.kind, operand, name, uri))
        if self._is_of_event(node.operand, scope) or _is_payload(node.key):
            result = self.let(f"opened({result}) if type({result}) in TYPED else {result}")
        self.presence[result] = f"has({operand}, {node.kind!r}, {name}{uri})"
        return result

    def _is_of_event(self, node: Node, scope: Scope) -> bool:
        """Return whether a node is `vars`: a text in a format that a variable holds is read when it is used."""
        return isinstance(node, Name) and node.name == VARIABLES and isinstance(self.find(node, scope), Input)

    def _by_name(self, kind: str, operand: str, name: str, uri: str) -> str:
        if kind == "." and not uri and not self.is_keyed:
            return f"{operand}.get({name}) if type({operand}) is dict else select({operand}, {name})"
        keyed = "_keyed" if self.is_keyed and kind in KNOWING else ""
        return f"{BY_NAME[kind]}{keyed}({operand}, {name}{uri})"

    def _unless_missing(self, operand: str, code: str) -> str:
        """Write a selector that does not take null: it is null if the selector before it has found nothing."""
        presence = self.presence.get(operand)
        if presence is None:
            presence = "True"
        result = self.let(f"{code} if not {self.is_null(operand)} or {presence} else None")
        self.presence[result] = "False"
        return result

    def _below(self, node: Select, operand: str, name: str, uri: str) -> str:
        if node.kind == "..@":
            return f"attributes_below({operand}, {name}{uri})"
        keyed = ", is_keyed=True" if self.is_keyed else ""
        return f"select_below({operand}, {node.kind!r}, {name}{uri}{keyed})"

    def _uri(self, node: Select, scope: Scope) -> str:
        """Return the further argument for a selector with a namespace."""
        return f", {self.namespace(node, node.namespace, scope)}.uri" if node.namespace else ""

    def visit_index(self, node: Index, scope: Scope) -> str:
        operand = self.visit(node.operand, scope)
        if node.kind == "?":
            function = self.implied(node.index, scope, 2)
            return self._unless_missing(operand, f"filtered({operand}, {function})")
        bounds = _bounds(node.index)
        if bounds and not node.kind:
            first, last = (self.visit(each, scope) for each in bounds)
            return self._unless_missing(operand, f"slice_between({operand}, {first}, {last})")
        index = self.visit(node.index, scope)
        calls = {"": "at_keyed" if self.is_keyed else "at", "&": "index_pairs", "*": "select_all", "@": "attribute"}
        result = self.let(f"{calls.get(node.kind, 'metadata')}({operand}, {index})")
        self.presence[result] = f"has_at({operand}, {index})"
        return result

    def implied(self, node: Node, scope: Scope, arity: int) -> str:
        raise NotImplementedError

    def visit_presence(self, node: Presence, scope: Scope) -> str:
        """Compile `x.y?` and `x.y!`: the last selector is asked, and evaluated only for `!`."""
        target = node.operand
        operand = self.visit(target.operand, scope)
        self.span = (target.offset, target.end)
        if isinstance(target, Index) and target.kind == "?":
            found = self.let(f"filtered({operand}, {self.implied(target.index, scope, 2)})")
            return self._presence(node, f"({found} is not None)", found, "None")
        if isinstance(target, Select):
            name = self.visit(target.key, scope) if target.key is not None else "None"
            uri = self._uri(target, scope)
            is_there = self.let(f"has({operand}, {target.kind!r}, {name}{uri})", "Boolean")
            value = self._value_of(target, operand, name, uri)
        else:
            index = self.visit(target.index, scope)
            is_there = self.let(f"has_at({operand}, {index})", "Boolean")
            name, value = index, f"at({operand}, {index})"
        return self._presence(node, is_there, value, name)

    def _presence(self, node: Presence, is_there: str, value: str, key: str) -> str:
        if not node.is_asserted:
            return self.let(is_there, "Boolean")
        return self.let(f"asserted({is_there}, {value}, {key})")

    def _value_of(self, node: Select, operand: str, name: str, uri: str) -> str:
        if node.key is None:
            return f"{BARE[node.kind]}({operand})"
        if node.kind in BY_NAME:
            return f"{BY_NAME[node.kind]}({operand}, {name}{uri})"
        return self._below(node, operand, name, uri) if node.kind.startswith("..") else f"metadata({operand}, {name})"


def _is_payload(key: Node) -> bool:
    """Return whether a selector may lead to the payload of a message, such as `error.errorMessage`."""
    return isinstance(key, Literal) and key.value == PAYLOAD


def _bounds(node: Node) -> tuple[Node, ...] | None:
    """Return the ends of `a to b`, whose list need not be made."""
    if isinstance(node, Call) and node.is_infix and isinstance(node.function, Name) and node.function.name == "to":
        return node.arguments
    return None
