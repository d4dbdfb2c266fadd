"""The face of DataWeave for those who translate scripts: their trees, and how their values differ from plain ones."""

from engine.expressions.dataweave.marks import split
from engine.expressions.dataweave.syntax import tree
from engine.expressions.dataweave.syntax.parser import parse
from engine.expressions.dataweave.syntax.tree import Literal, Name, Node, Script, Select
from engine.expressions.dataweave.values.objects import Pairs, is_object
from engine.expressions.dataweave.values.typed import TYPED
from engine.expressions.dataweave.walking import nodes

__all__ = [
    "TYPED", "Literal", "Name", "Node", "Pairs", "Script", "Select", "is_object", "nodes", "parse", "split", "tree",
]  # fmt: skip
