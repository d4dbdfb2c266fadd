"""A mistake in a flow file, as reported by the parameter that found it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from pydantic_core import PydanticCustomError

from engine.parameters.text import TextPlace

T = TypeVar("T")


@dataclass(frozen=True)
class Mistake:
    """The value found, the value expected, the text to write instead.

    code: `F…`, the same for the same kind of mistake.
    place: where it is; None if that is the whole parameter.
    offset: characters from the start of the text at that place.
    """

    code: str
    found: str
    expected: str = ""
    write: str = ""
    place: TextPlace | None = None
    offset: int = 0

    def __str__(self) -> str:
        parts = (self.found, self.expected and f"expected {self.expected}", self.write and f"write {self.write}")
        return "; ".join(part for part in parts if part)


MISTAKES = "mistakes"
"""The type of the validation error that carries mistakes, under the same key of its context."""


LONGEST = 60
"""How many characters of a value a message shows."""


def shown(value: Any) -> str:
    """Return a value of a flow file for a message: short, and never a secret."""
    if getattr(value, "secret", False):
        return "a secret"
    if value is None:
        return "null"
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= LONGEST else f"'{value[: LONGEST - 3]}…'"
    if isinstance(value, (Mapping, list, tuple)):
        return "a map" if isinstance(value, Mapping) else "a list"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}…"


def not_finite(text: str, place: TextPlace | None) -> Mistake:
    """Return the mistake of a number that YAML reads and JSON cannot hold: `.inf`, `.nan`, `2e400`."""
    found = f"{shown(text)} is not a finite number"
    return Mistake("F111", found, "a number below 1.8e308, or a text in quotes", place=place)


def refuse(mistakes: Sequence[Mistake]) -> NoReturn:
    """Raise the mistakes as the validation error of one parameter."""
    text = "\n".join(str(mistake) for mistake in mistakes)
    raise PydanticCustomError(MISTAKES, "{text}", {"text": text, MISTAKES: tuple(mistakes)})


def mistakes_of(error: PydanticCustomError) -> tuple[Mistake, ...]:
    """Return the mistakes of an error that `refuse` raised."""
    return tuple((error.context or {}).get(MISTAKES, ()))


def built(make: Callable[[], T], mistakes: list[Mistake]) -> T | None:
    """Return the result of `make`; None, with its mistakes added to the others, if it refuses."""
    try:
        return make()
    except PydanticCustomError as error:
        mistakes += mistakes_of(error)
        return None
