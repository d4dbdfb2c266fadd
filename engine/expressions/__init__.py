"""Expression languages, and their common parts: the values, the functions, the budget.

This package stands alone: it knows values and text, but neither events nor flows.
"""

from collections.abc import Mapping

from engine.expressions.appended import Appended, settle
from engine.expressions.errors import EvaluationError, ExpressionSyntaxError
from engine.expressions.jmespath import JMESPATH, UNREAD
from engine.expressions.language import Language, on_first_use

LANGUAGES: Mapping[str, Language] = {
    JMESPATH.name: JMESPATH,
    "dataweave": on_first_use("dataweave", "engine.expressions.dataweave.language", "DATAWEAVE"),
}
"""Each language by its name in `expression-language`."""

__all__ = ["JMESPATH", "LANGUAGES", "UNREAD", "Appended", "EvaluationError", "ExpressionSyntaxError", "settle"]
