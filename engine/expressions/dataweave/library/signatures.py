"""Signatures of library functions, as `(text: String, from: Number = 0) -> String`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from engine.expressions.dataweave.values.types import ALIASES

WORDS = re.compile(r'\s*(->|<:|"[^"]*"|\w+(?:::\w+)*|.)')
OPENING, CLOSING = frozenset("(<{["), frozenset(")>}]")
ANY = frozenset[str]()
"""Stands for every kind of value."""


class Parameter(NamedTuple):
    """A parameter. kinds: of the values that it takes, in the order of writing; empty for any.

    arity: the arguments that a function in its place is called with; -1 if it is no function, or of any arity.
    """

    name: str
    kinds: tuple[str, ...]
    arity: int
    optional: bool


class Signature(NamedTuple):
    """A signature as read. result: the type of the result, as written."""

    text: str
    parameters: tuple[Parameter, ...]
    result: str

    @property
    def least(self) -> int:
        return sum(not each.optional for each in self.parameters)


@cache
def signature_of(text: str) -> Signature:
    """Read a signature."""
    inner, result = _split_result(WORDS.findall(text))
    return Signature(text, tuple(_parameter(part) for part in _parts(inner, {","}) if part), " ".join(result))


def _split_result(words: list[str]) -> tuple[list[str], list[str]]:
    """Return the words between the first parentheses, and those behind the arrow after them."""
    depth = 0
    for at, word in enumerate(words):
        depth += (word in OPENING) - (word in CLOSING)
        if depth == 0:
            return words[1:at], words[at + 2 :]
    raise ValueError(words)


def _parts(words: list[str], separators: set[str]) -> Iterator[list[str]]:
    """Split words at separators that are not inside brackets."""
    depth, part = 0, list[str]()
    for word in words:
        depth += (word in OPENING) - (word in CLOSING)
        if depth == 0 and word in separators:
            yield part
            part = []
        else:
            part.append(word)
    yield part


def _parameter(words: list[str]) -> Parameter:
    name, rest = words[0], words[2:]
    kind, *default = _parts(rest, {"="})
    if "->" in kind and kind[0] == "(":
        inner, _ = _split_result(kind)
        return Parameter(name, ("Function",), len([part for part in _parts(inner, {","}) if part]), bool(default))
    return Parameter(name, _kinds(kind), -1, bool(default))


def _kinds(words: list[str]) -> tuple[str, ...]:
    found: list[str] = []
    for part in _parts(words, {"|"}):
        kind = _kind(part[0])
        if kind is None:
            return ()
        found += ALIASES.get(kind, (kind,))
    return tuple(dict.fromkeys(found))


def _kind(word: str) -> str | None:
    """Return the kind of a type's first word; None for Any and variables."""
    if word == "{":
        return "Object"
    if word[0] == '"':
        return "String"
    if word == "Any" or (len(word) <= 2 and word.isupper()):
        return None
    return "Object" if word in OBJECTS else word


OBJECTS = frozenset({"Diff", "TryResult", "Dictionary", "Entry"})
"""Names of object types in the library."""
