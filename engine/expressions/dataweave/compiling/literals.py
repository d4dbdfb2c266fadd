"""Compiles literals: texts, arrays and objects."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.expressions.dataweave.compiling.base import text_of
from engine.expressions.dataweave.compiling.operators import Operators
from engine.expressions.dataweave.compiling.scopes import Binding, Local, Scope
from engine.expressions.dataweave.syntax.tree import (
    ArrayLiteral,
    Field,
    Item,
    Literal,
    Moment,
    Name,
    Node,
    ObjectLiteral,
    RegexLiteral,
    Text,
)
from engine.expressions.dataweave.values.errors import DataWeaveError, Unfit
from engine.expressions.dataweave.values.objects import Namespace
from engine.expressions.dataweave.values.regexes import Regex, compiled_regex
from engine.expressions.dataweave.values.times.moments import MAKING, read_moment
from engine.expressions.dataweave.values.times.periods import read_period
from engine.expressions.errors import ExpressionSyntaxError

KINDS = {str: "String", bool: "Boolean", int: "Number"}
ELEMENTS = 200
"""Elements of an array that are written as one expression."""


class Literals(Operators):
    """Literals."""

    def value_of(self, found: Binding) -> str:
        raise NotImplementedError

    def visit_literal(self, node: Literal, scope: Scope) -> str:
        return self.constant(node.value)

    def visit_regexliteral(self, node: RegexLiteral, scope: Scope) -> str:
        try:
            compiled_regex(node.pattern)
        except DataWeaveError as error:
            raise ExpressionSyntaxError(
                node.offset, f"'/{node.pattern[:40]}/'", f"a regular expression: {error}"
            ) from None
        return self.constant(Regex(node.pattern))

    def visit_moment(self, node: Moment, scope: Scope) -> str:
        try:
            return self.constant(read_literal(node.text))
        except DataWeaveError:
            expected = "a date, time, zone or period"
            raise ExpressionSyntaxError(node.offset, f"'|{node.text}|'", expected, "|2024-03-01|, |PT1H|") from None

    def visit_text(self, node: Text, scope: Scope) -> str:
        parts = [self.constant(part) if isinstance(part, str) else self._as_text(part, scope) for part in node.parts]
        result = self.let("f'" + "".join(f"{{{part}}}" for part in parts) + "'", "String")
        self.write(f"if len({result}) > 64: budget.made({result}, 'a text')")
        return result

    def _as_text(self, node: Node, scope: Scope) -> str:
        name = self.raw(node, scope)
        return self.let(f"{name} if type({name}) in ORDERED else interpolated({name})", "String")

    def raw(self, node: Node, scope: Scope) -> str:
        """Return the value of a node; a key that stands for its name only stays a plain text."""
        found = self.find(node, scope) if isinstance(node, Name) else None
        return found.name if isinstance(found, Local) and found.is_key else self.visit(node, scope)

    def kept(self, node: Node, scope: Scope) -> str:
        """Return the value of a node that gets a key of its own."""
        name = self.visit(node, scope)
        if not self.is_keyed or isinstance(node, (Literal, ObjectLiteral, ArrayLiteral, Text)):
            return name
        return f"plain({name})"

    def visit_arrayliteral(self, node: ArrayLiteral, scope: Scope) -> str:
        if len(node.items) <= ELEMENTS and not any(each.condition for each in node.items):
            return self.let(f"[{', '.join(self.visit(each.value, scope) for each in node.items)}]", "Array")
        result = self.let("[]", "Array")
        for each in node.items:
            with self._if(each.condition, scope):
                self.write(f"{result}.append({self.visit(each.value, scope)})")
        return result

    @contextmanager
    def _if(self, condition: Node | None, scope: Scope) -> Iterator[None]:
        """Write what is inside under a condition, if there is one."""
        if condition is None:
            yield
            return
        with self.block(f"if {self.truth(self.visit(condition, scope))}:"):
            yield

    def visit_objectliteral(self, node: ObjectLiteral, scope: Scope) -> str:
        names = [_plain_name(each) for each in node.fields]
        if None in names or len(set(names)) < len(names):
            return self._object_of_entries(node, scope)
        named = list(zip(map(self.constant, names), node.fields, strict=True))
        if len(names) <= ELEMENTS and not any(each.condition for each in node.fields):
            pairs = [f"{name}: {self.kept(each.value, scope)}" for name, each in named]
            return self.let(f"{{{', '.join(pairs)}}}", "Object")
        result = self.let("{}", "Object")
        for name, each in named:
            with self._if(each.condition, scope):
                self.write(f"{result}[{name}] = {self.kept(each.value, scope)}")
        return result

    def _object_of_entries(self, node: ObjectLiteral, scope: Scope) -> str:
        """Write an object whose keys are not known, or repeat."""
        entries = self.let("[]")
        for each in node.fields:
            with self._if(each.condition, scope):
                self.append_entry(each, scope, entries)
        return self.let(f"object_of({entries})", "Object")

    def append_entry(self, field: Field | Item, scope: Scope, entries: str) -> None:
        """Write the statements that add what a field stands for to a list of entries."""
        if isinstance(field, Item):
            self.write(f"{entries} += spread({self.visit(field.value, scope)})")
        else:
            key = self.key(field, scope)
            self.write(f"{entries}.append(({key}, {self.kept(field.value, scope)}))")

    def key(self, field: Field, scope: Scope) -> str:
        """Return the name of a key, with its namespace and attributes."""
        text = text_of(field.key)
        if text is None:
            raw = self.raw(field.key, scope)
            name = self.let(f"{raw} if type({raw}) is str else written_key(key_from({raw}))")
        else:
            name = self.constant(text)
        if not field.namespace and field.attributes is None:
            return name
        namespace = self.namespace(field, field.namespace, scope) if field.namespace else "None"
        attributes = self._attributes(field.attributes, scope)
        return self.let(f"key_with({name}, {namespace}, {attributes})")

    def _attributes(self, node: ObjectLiteral | None, scope: Scope) -> str:
        return self._object_of_entries(node, scope) if node is not None and node.fields else "None"

    def namespace(self, node: Node, prefix: str, scope: Scope) -> str:
        """Return the name of a namespace, or of a variable that holds one. Raise ExpressionSyntaxError for neither."""
        found = scope.namespace(prefix)
        variable = self.find(Name(node.offset, prefix), scope) if found is None else None
        if variable is not None:
            return self.let(f"namespace_from({self.value_of(variable)})")
        if found is None:
            write = f"ns {prefix} http://example.com/{prefix}"
            raise ExpressionSyntaxError(node.offset, f"the unknown namespace '{prefix}'", "one of the header", write)
        return self.constant(Namespace(found.prefix, found.uri))


def read_literal(text: str) -> Any:
    """Return the value of `|…|`. Raise DataWeaveError for anything else."""
    if "P" in text:
        return read_period(text)
    parts = read_moment(text, "DateTime")
    kinds = {
        (True, True, True): "DateTime",
        (True, True, False): "LocalDateTime",
        (True, False, False): "Date",
        (False, True, True): "Time",
        (False, True, False): "LocalTime",
        (False, False, True): "TimeZone",
    }
    kind = kinds.get((parts.day is not None, parts.time is not None, parts.zone is not None))
    if kind is None:
        raise Unfit("the text is no date, time or zone")
    return MAKING[kind](parts)


def _plain_name(field: Field | Item) -> str | None:
    """Return the name of a field that is a text without namespace and attributes."""
    if isinstance(field, Item) or field.namespace or field.attributes is not None:
        return None
    return text_of(field.key)
