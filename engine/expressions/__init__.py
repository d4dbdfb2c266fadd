"""Expression languages, and what they have in common: the values, the functions, the budget.

This folder stands alone: it knows values and text, neither events nor flows.
"""

from collections.abc import Mapping

from engine.expressions.appended import Appended, settle
from engine.expressions.errors import EvaluationError, ExpressionSyntaxError
from engine.expressions.jmespath import JMESPATH
from engine.expressions.language import Language

LANGUAGES: Mapping[str, Language] = {JMESPATH.name: JMESPATH}
"""Each language by the name that `expression-language` has for it."""

__all__ = ["JMESPATH", "LANGUAGES", "Appended", "EvaluationError", "ExpressionSyntaxError", "settle"]
