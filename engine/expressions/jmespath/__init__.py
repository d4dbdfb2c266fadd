"""JMESPath with extensions for flows, compiled to Python. Its trees are opaque outside this package."""

from engine.expressions.jmespath.compiler import compile_tree, source_of
from engine.expressions.jmespath.language import JMESPATH, UNREAD
from engine.expressions.jmespath.parser import parse

__all__ = ["JMESPATH", "UNREAD", "compile_tree", "parse", "source_of"]
