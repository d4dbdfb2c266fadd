"""Expression languages, and their common parts: the values, the functions, the budget.

This package stands alone: it knows values and text, but neither events nor flows.
"""

from collections.abc import Iterator, Mapping

from engine.expressions.appended import Appended, settle
from engine.expressions.errors import EvaluationError, ExpressionSyntaxError
from engine.expressions.jmespath import JMESPATH
from engine.expressions.language import Language


class Languages(Mapping[str, Language]):
    """Each language by its name in `expression-language`; DataWeave is imported when it is first asked for."""

    NAMES = (JMESPATH.name, "dataweave")

    def __getitem__(self, name: str) -> Language:
        if name == JMESPATH.name:
            return JMESPATH
        if name not in self.NAMES:
            raise KeyError(name)
        from engine.expressions.dataweave.language import DATAWEAVE

        return DATAWEAVE

    def __contains__(self, name: object) -> bool:
        return name in self.NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(self.NAMES)

    def __len__(self) -> int:
        return len(self.NAMES)


LANGUAGES: Mapping[str, Language] = Languages()

__all__ = ["JMESPATH", "LANGUAGES", "Appended", "EvaluationError", "ExpressionSyntaxError", "settle"]
