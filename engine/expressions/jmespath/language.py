"""JMESPath as one of the engine's expression languages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from engine.expressions.errors import ExpressionSyntaxError
from engine.expressions.functions.conditions import truth
from engine.expressions.held import Held
from engine.expressions.jmespath.compiler import check_tree, compile_tree
from engine.expressions.jmespath.doubts import refuse_numbers_in_brackets
from engine.expressions.jmespath.habits import add_hint
from engine.expressions.jmespath.lowering import lowered
from engine.expressions.jmespath.parser import Node, parse
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

    def truth(self, value: Any) -> bool:
        return truth(value)

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


class OnUnreadPayloads(JMESPath):
    """JMESPath for a file that leaves payloads unread: an expression reads one when it looks into it, as DataWeave."""

    reads_payloads = True
    payloads = "unread"

    def compile(self, held: Held, names: Names, variables: Mapping[str, str], failed: Failed) -> Evaluate:
        from engine.expressions.dataweave.language import CONSTANTS, ROOTS, WHOLE  # only files that came from Mule

        return compile_tree(
            _with_whole_payloads(lowered(held)),
            roots={**names.roots, "payload": ROOTS["payload"], PASSED_ON: WHOLE["payload"]},
            whole=names.whole,
            functions=names.functions,
            failed=failed,
            constants={**CONSTANTS, **names.constants},
            variables=variables,
        )


PASSED_ON = "the payload, passed on"
"""The root, by a name that no expression can have, that is a payload at which nothing looks."""


def _with_whole_payloads(node: Node) -> Node:
    """Return a tree in which each expression that is `payload` alone passes it on as it came."""
    children = node.get("children", [])
    if node.get("type") == "leaf" and (children[0]["type"], children[0].get("value")) == ("field", "payload"):
        return {**node, "children": [{**children[0], "value": PASSED_ON}]}
    bound = {"bindings": [(name, _with_whole_payloads(each)) for name, each in node.get("bindings", ())]}
    inner = {"children": [_with_whole_payloads(each) if isinstance(each, dict) else each for each in children]}
    return {**node, **inner, **(bound if "bindings" in node else {})}


JMESPATH = JMESPath()
UNREAD = OnUnreadPayloads()
