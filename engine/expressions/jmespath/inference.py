"""Infers the schema of an expression's value, as far as it is certain before the evaluation."""

from __future__ import annotations

from collections.abc import Mapping

from engine.expressions.functions.function import Function
from engine.expressions.held import Known
from engine.expressions.jmespath.parser import Node
from engine.expressions.schemas import NULL, OPEN, TRUTH, Schema, entry, joined, of_list, of_map, of_value

NULLABLE_TEXT: Schema = {"type": ["string", "null"]}
TOLD = (["description"], ["type"])
"""The fields of `error` that are texts."""


class Inference:
    """The schemas of nodes, given the known schema of the event they see."""

    def __init__(self, known: Known, functions: Mapping[str, Function]) -> None:
        self._known = known
        self._functions = functions

    def of(self, tree: Node) -> Schema:
        kind = tree["type"]
        known = getattr(self, f"_{kind}", None)
        return known(tree) if known else OPEN

    def _children(self, tree: Node) -> list[Schema]:
        return [self.of(child) for child in tree["children"]]

    # Values that are built

    def _literal(self, tree: Node) -> Schema:
        return of_value(tree["value"])

    def _multi_select_dict(self, tree: Node) -> Schema:
        return of_map({str(pair["value"]): self.of(pair["children"][0]) for pair in tree["children"]})

    def _multi_select_list(self, tree: Node) -> Schema:
        return of_list(self._children(tree))

    # Operators

    def _not_expression(self, tree: Node) -> Schema:
        return TRUTH

    def _comparator(self, tree: Node) -> Schema:
        return TRUTH if tree["value"] in ("eq", "ne") else OPEN

    def _ternary(self, tree: Node) -> Schema:
        return joined(self._children(tree)[1:])

    def _or_expression(self, tree: Node) -> Schema:
        return joined(self._children(tree))

    _and_expression = _or_expression

    def _arithmetic(self, tree: Node) -> Schema:
        return {"type": "number"}

    def _call(self, tree: Node) -> Schema:
        return self._functions[tree["value"]].shape_of(self._children(tree))

    # Parts of the event

    def _field(self, tree: Node) -> Schema:
        return self._known.payload if tree["value"] == "payload" else OPEN

    def _variable(self, tree: Node) -> Schema:
        return self._known.names.get(tree["value"]) or self._field(tree)

    def _subexpression(self, tree: Node) -> Schema:
        first, *rest = tree["children"]
        if first["type"] == "root" and rest:
            first, *rest = rest
        is_vars = first["type"] in ("field", "variable") and first["value"] == "vars"
        if is_vars and rest and rest[0]["type"] == "field":  # not an index, as in vars.prices[0]
            found, rest = self._known.variables.get(rest[0]["value"], OPEN), rest[1:]
        else:
            found = self.of(first)
        if first["type"] == "field" and first["value"] == "error" and [step.get("value") for step in rest] in TOLD:
            return NULLABLE_TEXT
        for step in rest:
            found = _entry(found, step)
        return found

    def _let(self, tree: Node) -> Schema:
        inner = self
        for name, value in tree["bindings"]:
            names = {**inner._known.names, name: inner.of(value)}
            inner = Inference(inner._known._replace(names=names), self._functions)
        return inner.of(tree["children"][0])


def _entry(schema: Schema, step: Node) -> Schema:
    if step["type"] != "field":
        return OPEN
    return NULL if schema == NULL else entry(schema, step["value"])
