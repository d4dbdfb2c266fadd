"""Libraries of RAML: their declarations are known to others under a prefix."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

SECTIONS = {"types": "types", "schemas": "types", "traits": "traits", "resourceTypes": "resourceTypes"}
"""The sections of declarations; `schemas` is an older name of `types`."""

APPLIED = frozenset({"type", "is"})
"""What holds names of resource types and traits, also as keys."""

TEXTS = frozenset({
    "description", "displayName", "example", "examples", "default", "enum", "pattern", "title", "usage", "uses",
})  # fmt: skip
"""What holds no names."""

EXPRESSION = re.compile(r"[\w.\-\s|()\[\]?]+")


def entries(section: Any) -> Iterator[tuple[str, Any]]:
    """Yield the entries of a map; RAML 0.8's list of maps is taken as one, too."""
    for each in section if isinstance(section, list) else [section]:
        if isinstance(each, dict):
            yield from each.items()


def with_prefix(library: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Return a library in which its own names are used as they are known outside."""
    names = {name for section in SECTIONS for name, _ in entries(library.get(section))}
    if not names:
        return dict(library)
    longest_first = sorted(map(re.escape, names), key=len, reverse=True)
    word = re.compile(rf"(?<![\w.-])({'|'.join(longest_first)})(?![\w.-])")
    return {section: _Renaming(word, prefix).of(value) for section, value in library.items()}


class _Renaming:
    """Puts the prefix before each of the words."""

    def __init__(self, word: re.Pattern[str], prefix: str) -> None:
        self._word, self._prefix = word, prefix

    def of(self, value: Any, *, is_applied: bool = False) -> Any:
        if isinstance(value, str):
            return self._text(value) if EXPRESSION.fullmatch(value) else value
        if isinstance(value, list):
            return [self.of(each, is_applied=is_applied) for each in value]
        if type(value) is not dict:
            return value
        return {
            self._text(name) if is_applied else name: inner
            if name in TEXTS
            else self.of(inner, is_applied=name in APPLIED)
            for name, inner in value.items()
        }

    def _text(self, text: str) -> str:
        return self._word.sub(rf"{self._prefix}\1", text)
