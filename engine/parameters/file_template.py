"""Text files with `#[…]` in them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Self

from pydantic_core import core_schema

from engine.expressions import ExpressionSyntaxError
from engine.expressions.budget import one_evaluation
from engine.expressions.marks import MarkedPart, split
from engine.limits import LARGEST_WRITTEN
from engine.parameters.expression import Template
from engine.parameters.loading import loading_of
from engine.parameters.mistake import Mistake, built, refuse
from engine.parameters.reader import Reach
from engine.parameters.resource import Resource
from engine.parameters.text import Text
from engine.parameters.validated import TEXT, Validated
from engine.values.errors import EXPRESSION, FlowError
from engine.values.event import Event

OPENING = "#["


class FileTemplate(Validated):
    """A parameter that names a text file with `#[…]` in it, compiled when the flow files are loaded.

    Mistakes, and errors at run, report their line and column in that file.
    """

    word = "name of a file"
    schema = TEXT

    def __init__(self, file: Resource, reach: Reach) -> None:
        mistakes: list[Mistake] = []
        self._parts = tuple(_parts(file, reach, mistakes))
        if mistakes:
            refuse(mistakes)

    @property
    def acts(self) -> bool:
        return any(part.acts for part in self._parts if isinstance(part, Template))

    def text(self, event: Event) -> str:
        """Return the text for this event. Raise MULE:EXPRESSION, also for one that is too large."""
        with one_evaluation():
            return self._text(event)

    def _text(self, event: Event) -> str:
        texts, left = [], LARGEST_WRITTEN
        for part in self._parts:
            texts.append(part if isinstance(part, str) else part.text(event))
            left -= len(texts[-1])
            if left < 0:
                raise FlowError(EXPRESSION, f"a template becomes a text of {LARGEST_WRITTEN} characters at most")
        return "".join(texts)

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self:
        return value if isinstance(value, cls) else cls(Resource._validate(value, info), loading_of(info).reach)


def _parts(file: Resource, reach: Reach, mistakes: list[Mistake]) -> Iterator[str | Template]:
    for part in _split(file, mistakes):
        if not part.is_expression:
            yield part.text
            continue
        start = part.offset - len(OPENING)
        text = Text(f"{OPENING}{part.text}]", file.place_at(start))
        if template := built(partial(Template, text, reach), mistakes):
            yield template


def _split(file: Resource, mistakes: list[Mistake]) -> list[MarkedPart]:
    try:
        return split(file.text)
    except ExpressionSyntaxError as error:
        place = file.place_at(error.offset)
        mistakes.append(Mistake("F401", error.found, error.expected, error.write, place))
        return []
