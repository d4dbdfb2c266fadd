"""A mistake in a flow file, as the parameter that found it tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from pydantic_core import PydanticCustomError

from engine.core.text import Place


@dataclass(frozen=True)
class Mistake:
    """What was found, what was expected, what to write instead.

    code: `F…`, the same for the same kind of mistake.
    place: where it stands; None where that is the whole parameter.
    offset: characters from the start of the text at that place.
    """

    code: str
    found: str
    expected: str = ""
    write: str = ""
    place: Place | None = None
    offset: int = 0

    def __str__(self) -> str:
        parts = (self.found, self.expected and f"expected {self.expected}", self.write and f"write {self.write}")
        return "; ".join(part for part in parts if part)


MISTAKES = "mistakes"
"""The type of the validation error that carries mistakes, under the same key of its context."""


def refuse(mistakes: Sequence[Mistake]) -> NoReturn:
    """Raise the mistakes as the validation error of one parameter."""
    text = "\n".join(str(mistake) for mistake in mistakes)
    raise PydanticCustomError(MISTAKES, "{text}", {"text": text, MISTAKES: tuple(mistakes)})


def mistakes_of(error: PydanticCustomError) -> tuple[Mistake, ...]:
    """The mistakes of an error that `refuse` raised."""
    return tuple((error.context or {}).get(MISTAKES, ()))
