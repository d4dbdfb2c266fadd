"""Makes types of what is written: `Array<Number>`, `{a: String}`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.expressions.dataweave.compiling.naming import Names
from engine.expressions.dataweave.compiling.scopes import Alias, Declared, Known, Local, Scope
from engine.expressions.dataweave.syntax.tree import (
    FieldOfType,
    FieldType,
    FunctionType,
    Literal,
    LiteralType,
    Name,
    ObjectType,
    TypeName,
    TypeNode,
    UnionType,
    WithSchema,
)
from engine.expressions.dataweave.values.objects import Namespace
from engine.expressions.dataweave.values.types import ALIASES as UNIONS
from engine.expressions.dataweave.values.types import SIMPLE, Field, Type, simple, union
from engine.expressions.errors import ExpressionSyntaxError
from engine.expressions.suggestion import did_you_mean

PLAIN = SIMPLE | UNIONS.keys() | {"Any", "Nothing", "Object", "Array", "Enum", "Function", "Iterator", "CData"}


class Types(Names):
    """Types of a script."""

    def type_of(self, node: TypeNode, scope: Scope) -> Type:
        """Return the type that a node stands for."""
        make: dict[type[TypeNode], Callable[[Any, Scope], Type]] = {
            TypeName: self._named,
            LiteralType: lambda node, _: Type("Literal", literal=node.value),
            UnionType: self._union,
            ObjectType: self._object,
            FunctionType: self._function,
            WithSchema: self._with_schema,
            FieldOfType: self._field_of,
        }
        return make[type(node)](node, scope)

    def _named(self, node: TypeName, scope: Scope) -> Type:
        found = self.find(Name(node.offset, node.name, node.module), scope)
        if isinstance(found, Alias):
            return self.named(found)
        if isinstance(found, Known) and isinstance(found.value, Type):
            return found.value
        if any(node.name in each.type_names for each in scope.chain()):
            return simple("Any")
        if isinstance(found, (Local, Declared)) or node.module or node.name not in PLAIN | {"Type", "Dictionary"}:
            write = did_you_mean(node.name, PLAIN | scope.known())
            raise ExpressionSyntaxError(node.offset, f"the unknown type '{node.name}'", "a type", write)
        if node.name == "Object" and node.arguments:
            return simple("Object")
        arguments = tuple(self.type_of(each, scope) for each in node.arguments)
        return Type(node.name, arguments) if arguments and node.name in ("Array", "Type") else simple(node.name)

    def named(self, alias: Alias) -> Type:
        """Return the type of a name, which knows it."""
        return replace(self._alias(alias), alias=alias.directive.name)

    def _alias(self, alias: Alias) -> Type:
        """Return the type of the script's own name; one that refers to itself is looked up when it is needed."""
        if alias.type is None:
            alias.type = Type("Reference", resolve=lambda: alias.type or simple("Any"), alias=alias.directive.name)
            scope = Scope(alias.scope)
            scope.type_names = frozenset(alias.directive.parameters)
            found = self.type_of(alias.directive.type, scope)
            if found.resolve is not None and found.alias == alias.directive.name:
                offset = alias.directive.offset
                raise ExpressionSyntaxError(offset, f"the type '{found.alias}' that is itself", "another type")
            alias.type = found
        return alias.type

    def _union(self, node: UnionType, scope: Scope) -> Type:
        types = tuple(self.type_of(each, scope) for each in node.types)
        return Type("Intersection", types) if node.is_intersection else union(*types)

    def _object(self, node: ObjectType, scope: Scope) -> Type:
        fields = tuple(self._field(each, scope) for each in node.fields)
        return Type("Object", fields=fields, is_open=not node.is_closed)

    def _field(self, node: FieldType, scope: Scope) -> Field:
        namespace = scope.namespace(node.namespace) if node.namespace else None
        return Field(
            node.key,
            self.type_of(node.type, scope),
            node.is_optional,
            node.is_repeated,
            Namespace(namespace.prefix, namespace.uri) if namespace else None,
            tuple(self._field(each, scope) for each in node.attributes),
        )

    def _function(self, node: FunctionType, scope: Scope) -> Type:
        fields = tuple(
            self._field(each, scope)._replace(name=each.key or f"param_{number}")
            for number, each in enumerate(node.parameters)
        )
        arguments = tuple(each.type for each in fields)
        return Type("Function", arguments, fields, returns=self.type_of(node.returns, scope))

    def _with_schema(self, node: WithSchema, scope: Scope) -> Type:
        """Return the type with the properties that are literals; `as` evaluates the others."""
        found = self.type_of(node.type, scope)
        schema = {
            str(each.key.value): each.value.value
            for each in node.schema
            if isinstance(each.key, Literal) and isinstance(each.value, Literal)
        }
        return Type(
            found.name, found.arguments, found.fields, found.is_open, found.literal, found.returns, schema, found.alias,
            found.resolve,
        )  # fmt: skip

    def _field_of(self, node: FieldOfType, scope: Scope) -> Type:
        found = self.type_of(node.type, scope).resolved()
        for each in found.fields or ():
            if each.name == node.key:
                return each.type
        raise ExpressionSyntaxError(node.offset, f"the field '{node.key}'", f"a field of the type {found}")
