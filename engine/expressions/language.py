"""The interface of expression languages.

Each language has its own package here. A flow file selects it by `expression-language`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol

from engine.expressions.functions.function import Function
from engine.expressions.held import Held, Tree
from engine.expressions.marks import MarkedPart

Evaluate = Callable[[Any], Any]
Failed = Callable[[Exception, int], Exception]
"""Makes the exception to raise from one that was raised inside and the number of its expression."""


@dataclass(frozen=True)
class Names:
    """The names that expressions may use.

    roots: bare names, as Python code over `event`. constants: further names for that code.
    whole: returns the event as one value.
    """

    functions: Mapping[str, Function]
    roots: Mapping[str, str]
    whole: Callable[[Any], Any]
    constants: Mapping[str, Any] = field(default_factory=dict)


class Language(Protocol):
    """An expression language, to which alone its trees are not opaque."""

    @property
    def name(self) -> str:
        """The name of the language in flow files."""

    @property
    def fills_placeholders(self) -> bool:
        """Whether an expression may hold `${…}`, whose text becomes part of it."""

    @property
    def reads_payloads(self) -> bool:
        """Whether its expressions read a payload that is a text, by its media type, when they touch it."""

    def truth(self, value: Any) -> bool:
        """Return whether a value holds as a condition."""

    def split(self, text: str) -> Sequence[MarkedPart]:
        """Split a text at its `#[ … ]`. Raises ExpressionSyntaxError for a `#[` without its `]`."""

    def read(self, text: str, names: Names, variables: Collection[str] = ()) -> Tree:
        """Read one expression. Raises ExpressionSyntaxError, with the text to write instead.

        variables: `$names` defined around the expression.
        """

    def compile(self, held: Held, names: Names, variables: Mapping[str, str], failed: Failed) -> Evaluate:
        """Compile a whole parameter into one function of the event. Raises ExpressionSyntaxError.

        variables: `$names` defined outside the parameter, as Python code over `event`.
        """


class _OnFirstUse:
    """A language whose module is imported when something of it is first used."""

    def __init__(self, name: str, module: str, attribute: str) -> None:
        self.name = name
        self._module = module
        self._attribute = attribute

    def __getattr__(self, name: str) -> Any:
        return getattr(getattr(import_module(self._module), self._attribute), name)


def on_first_use(name: str, module: str, attribute: str) -> Language:
    """Return a language, without importing it yet."""
    language: Any = _OnFirstUse(name, module, attribute)
    found: Language = language
    return found
