"""DataWeave for checks in a row: each script is read once, and none is made ready to run but a plain value."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from engine.expressions import LANGUAGES
from engine.expressions.held import Constant, Held
from engine.expressions.language import Evaluate, Failed, Language, Names

DATAWEAVE = "dataweave"


class _Remembering:
    """The language, which knows what it has read. What is told of one script stays right for all rounds."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._read: dict[tuple[str, tuple[str, ...]], Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._language, name)

    def read(self, text: str, names: Names, variables: Collection[str] = ()) -> Any:
        key = text, tuple(variables)
        if key not in self._read:
            self._read[key] = self._language.read(text, names, variables)
        return self._read[key]

    def compile(self, held: Held, names: Names, variables: Mapping[str, str], failed: Failed) -> Evaluate:
        return (lambda event: held.value) if isinstance(held, Constant) else lambda event: None


@contextmanager
def read_once() -> Iterator[None]:
    """Within the context each script is read once, however often flows are loaded; they must not run."""
    languages = cast("dict[str, Language]", LANGUAGES)
    language = languages[DATAWEAVE]
    languages[DATAWEAVE] = cast("Language", _Remembering(language))
    try:
        yield
    finally:
        languages[DATAWEAVE] = language
