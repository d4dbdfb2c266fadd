"""What the value of an expression is, as far as that is sure before it is evaluated."""

from __future__ import annotations

from collections.abc import Mapping

from engine.expressions.jmespath.parser import Node
from engine.expressions.schemas import NULL, OPEN, Schema, entry, joined, of_list, of_map, of_value

TEXT: Schema = {"type": "string"}
NULLABLE_TEXT: Schema = {"type": ["string", "null"]}
TOLD = (["description"], ["type"])
"""The fields of `error` that are texts."""
TRUTH: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}

RESULTS: Mapping[str, Schema] = {
    "length": COUNT, "size_of": COUNT, "type": TEXT, "to_string": TEXT, "join": TEXT, "uuid": TEXT,
    "keys": {"type": "array", "items": TEXT}, "contains": TRUTH, "starts_with": TRUTH, "ends_with": TRUTH,
    "multi_status": {"enum": [200, 207, 400]}, "retry": {"type": "array"},
    "summary": of_map({"total": COUNT, "succeeded": COUNT, "failed": COUNT}),
}  # fmt: skip
"""What functions give, whatever they get."""

STREAM = "x-stream"
"""In the schema of a list whose elements come one after another."""

Names = Mapping[str, Schema]


def infer(tree: Node, payload: Schema, variables: Names) -> Schema:
    """The schema of a syntax tree's value; payload and variables are those of the event that it sees."""
    return Inference(payload, variables).of(tree)


class Inference:
    """What is known of the event that expressions see, and of names that a `let` around them defines."""

    def __init__(self, payload: Schema, variables: Names, names: Names | None = None) -> None:
        self._payload = payload
        self._variables = variables
        self._names = names or {}

    def of(self, tree: Node) -> Schema:
        kind = tree["type"]
        known = getattr(self, f"_{kind}", None)
        return known(tree) if known else OPEN

    def _children(self, tree: Node) -> list[Schema]:
        return [self.of(child) for child in tree["children"]]

    # Values that are built

    def _literal(self, tree: Node) -> Schema:
        return of_value(tree["value"])

    def _map(self, tree: Node) -> Schema:
        return of_map({str(pair["value"]): self.of(pair["children"][0]) for pair in tree["children"]})

    _multi_select_dict = _map

    def _list(self, tree: Node) -> Schema:
        return of_list(self._children(tree))

    _multi_select_list = _list

    def _text(self, tree: Node) -> Schema:
        return TEXT

    def _leaf(self, tree: Node) -> Schema:
        return self.of(tree["children"][0])

    _content = _leaf

    def _each(self, tree: Node) -> Schema:
        """The outcomes of a loop: each sees an item as its payload."""
        item = Inference(OPEN, {}, {})
        return of_list([item.of(child) for child in tree["children"]])

    def _stream(self, tree: Node) -> Schema:
        return {**self._each(tree), STREAM: True}

    # Operators

    def _truth(self, tree: Node) -> Schema:
        return TRUTH

    _not_expression = _truth

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
        if tree["value"] == "append":
            before, added = self._children(tree)
            return joined([of_list([added]), before]) if before.get("type") == "array" else of_list([OPEN])
        return RESULTS.get(tree["value"], OPEN)

    # What the event holds

    def _field(self, tree: Node) -> Schema:
        return self._payload if tree["value"] == "payload" else OPEN

    def _variable(self, tree: Node) -> Schema:
        return self._names.get(tree["value"]) or self._field(tree)

    def _subexpression(self, tree: Node) -> Schema:
        first, *rest = tree["children"]
        if first["type"] == "root" and rest:
            first, *rest = rest
        if first["type"] in ("field", "variable") and first["value"] == "vars" and rest:
            found, rest = self._variables.get(rest[0]["value"], OPEN), rest[1:]
        else:
            found = self.of(first)
        if first["type"] == "field" and first["value"] == "error" and [step.get("value") for step in rest] in TOLD:
            return NULLABLE_TEXT
        for step in rest:
            found = _entry(found, step)
        return found

    def _let(self, tree: Node) -> Schema:
        names = dict(self._names)
        for name, value in tree["bindings"]:
            names[name] = Inference(self._payload, self._variables, names).of(value)
        return Inference(self._payload, self._variables, names).of(tree["children"][0])


def _entry(schema: Schema, step: Node) -> Schema:
    if step["type"] != "field":
        return OPEN
    return NULL if schema == NULL else entry(schema, step["value"])
