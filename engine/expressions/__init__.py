"""The expression language: JMESPath and what a flow needs on top, compiled to Python functions.

This folder stands alone: it knows values and text, neither events nor flows.
"""

from engine.expressions.appended import Appended, settle
from engine.expressions.errors import EvaluationError, ExpressionSyntaxError
from engine.expressions.jmespath.compiler import check_tree, compile_tree, reads_of, source_of
from engine.expressions.jmespath.parser import parse

__all__ = [
    "Appended",
    "EvaluationError",
    "ExpressionSyntaxError",
    "check_tree",
    "compile_tree",
    "parse",
    "reads_of",
    "settle",
    "source_of",
]
