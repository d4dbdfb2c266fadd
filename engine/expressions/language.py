"""What the engine wants of an expression language.

Each language has a package of its own here. A flow file names it by `expression-language`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.expressions.functions.function import Function
from engine.expressions.held import Held, Tree

Evaluate = Callable[[Any], Any]
Failed = Callable[[Exception, int], Exception]
"""Makes the exception to raise of one that was raised inside, and of the number of the expression where it was."""


@dataclass(frozen=True)
class Names:
    """What expressions may name.

    roots: bare names, as Python over `event`. constants: what that Python may name besides.
    whole: gives the event as one value.
    """

    functions: Mapping[str, Function]
    roots: Mapping[str, str]
    whole: Callable[[Any], Any]
    constants: Mapping[str, Any] = field(default_factory=dict)


class Language(Protocol):
    """An expression language: the only one who looks into its trees."""

    @property
    def name(self) -> str:
        """What a flow file calls it."""

    def read(self, text: str, names: Names, variables: Collection[str] = ()) -> Tree:
        """Read one expression. Raises ExpressionSyntaxError, with what to write instead.

        variables: `$names` that something around the expression defines.
        """

    def compile(self, held: Held, names: Names, variables: Mapping[str, str], failed: Failed) -> Evaluate:
        """Compile a whole parameter to one function of the event. Raises ExpressionSyntaxError.

        variables: `$names` that nothing in the parameter defines, as Python over `event`.
        """
