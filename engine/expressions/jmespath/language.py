"""JMESPath as one of the engine's expression languages."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.expressions.errors import ExpressionSyntaxError
from engine.expressions.held import Held
from engine.expressions.jmespath.compiler import check_tree, compile_tree
from engine.expressions.jmespath.doubts import refuse_numbers_in_brackets
from engine.expressions.jmespath.habits import add_hint
from engine.expressions.jmespath.lowering import lowered
from engine.expressions.jmespath.parser import parse
from engine.expressions.jmespath.tree import JMESPathTree
from engine.expressions.language import Evaluate, Failed, Names
from engine.expressions.marks import MarkedPart, split


class JMESPath:
    """JMESPath with extensions for flows, compiled to Python."""

    name = "jmespath"
    fills_placeholders = False
    reads_payloads = False

    def split(self, text: str) -> list[MarkedPart]:
        return split(text)

    def read(self, text: str, names: Names, variables: Collection[str] = ()) -> JMESPathTree:
        try:
            node, negations = parse(text)
            check_tree(node, names.roots, names.functions, variables)
            refuse_numbers_in_brackets(node)
        except ExpressionSyntaxError as error:
            add_hint(error, text, names.functions, variables)
            raise
        return JMESPathTree(node, text, negations, names.functions)

    def compile(self, held: Held, names: Names, variables: Mapping[str, str], failed: Failed) -> Evaluate:
        return compile_tree(
            lowered(held),
            roots=names.roots,
            whole=names.whole,
            functions=names.functions,
            failed=failed,
            constants=names.constants,
            variables=variables,
        )


JMESPATH = JMESPath()
