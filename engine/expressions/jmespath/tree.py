"""A JMESPath expression behind the common interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from engine.expressions.errors import ExpressionSyntaxError
from engine.expressions.functions.function import Function
from engine.expressions.held import Constant, Demand, Known, Path
from engine.expressions.jmespath.doubts import doubts, of_negation
from engine.expressions.jmespath.implied import implied
from engine.expressions.jmespath.inference import Inference
from engine.expressions.jmespath.parser import Node
from engine.expressions.jmespath.walking import Reads, nodes
from engine.expressions.schemas import Schema


@dataclass(frozen=True, slots=True)
class JMESPathTree:
    """One parsed expression. negations: the offsets of each `!a.b` in the text."""

    node: Node
    text: str
    negations: list[int]
    functions: Mapping[str, Function]

    media_type: ClassVar[None] = None
    """An expression leaves it open."""

    @property
    def constant(self) -> Constant | None:
        return Constant(self.node["value"]) if self.node["type"] == "literal" else None

    def doubts(self) -> Iterator[ExpressionSyntaxError]:
        yield from (of_negation(start, self.text) for start in self.negations)
        yield from doubts(self.node)

    def reads(self) -> Iterator[Path]:
        return Reads(self.functions).of(self.node)

    def calls(self) -> Iterator[Function]:
        return (self.functions[node["value"]] for node, _ in nodes(self.node) if node["type"] == "call")

    def shape(self, known: Known) -> Schema:
        return Inference(known, self.functions).of(self.node)

    def implies(self, schema: Schema) -> Iterator[Demand]:
        return implied(self.node, schema)
