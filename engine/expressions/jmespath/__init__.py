"""JMESPath with what flows need on top, compiled to Python. Only this package looks into its trees."""

from engine.expressions.jmespath.compiler import compile_tree, source_of
from engine.expressions.jmespath.language import JMESPATH
from engine.expressions.jmespath.parser import parse

__all__ = ["JMESPATH", "compile_tree", "parse", "source_of"]
