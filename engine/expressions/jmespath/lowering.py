"""The content of a parameter as one syntax tree: the structure around expressions becomes nodes like theirs."""

from __future__ import annotations

from engine.expressions.held import Computed, Constant, Foreign, Held, Let, ListOf, MapOf, TextOf, Truth
from engine.expressions.jmespath.parser import Node
from engine.expressions.jmespath.tree import JMESPathTree


def lowered(held: Held) -> Node:
    """Return the syntax tree of a whole parameter."""
    match held:
        case Constant():
            return {"type": "literal", "value": held.value, "children": []}
        case Foreign():
            return {"type": "foreign", "value": held.evaluate, "leaf": held.number, "children": []}
        case Computed():
            assert isinstance(held.tree, JMESPathTree)  # a file has one language
            return {"type": "leaf", "value": held.number, "children": [held.tree.node]}
        case MapOf():
            pairs = [{"value": name, "children": [lowered(each)]} for name, each in held.entries.items()]
            return {"type": "map", "children": pairs}
        case ListOf() | TextOf():
            return {"type": "list" if isinstance(held, ListOf) else "text", "children": list(map(lowered, held.parts))}
        case Truth(of=Foreign() as script):
            return {"type": "foreign", "value": script.holds, "leaf": script.number, "children": []}
        case Truth():
            return {"type": "truth", "children": [lowered(held.of)]}
        case Let():
            return {"type": "let", "bindings": [(held.name, lowered(held.bound))], "children": [lowered(held.body)]}
    raise TypeError(f"{type(held).__name__} is told of flows, and never evaluated")
