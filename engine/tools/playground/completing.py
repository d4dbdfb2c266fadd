"""Completes what is typed at a prompt: commands, roots, functions, and the fields that the event has."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from pydantic_core import PydanticCustomError

from engine.parameters.reader import ROOTS
from engine.tools.evaluating import scope, value_of
from engine.values.errors import FlowError
from engine.values.event import Event

DELIMITERS = " .,()[]{}|&!<>=+-*/%?'\"`"
"""The characters between words; not the colon, with which commands begin."""

BRACKETS = r"\[(?:[^\[\]'`]|'[^']*'|`[^`]*`)*\]"
OBJECT = re.compile(rf"(?P<object>(?:\w+|\"[^\"]*\")(?:{BRACKETS}|\.(?:\w+|\"[^\"]*\"|\*))*)\.\w*$")
"""An expression before a dot, and the beginning of a name after it."""

FILTER = re.compile(rf"(?P<list>(?:\w+|\"[^\"]*\")(?:{BRACKETS}|\.(?:\w+|\"[^\"]*\"|\*))*)\[\?[^\[\]]*$")
"""An expression whose filter is being typed."""

MOST_ITEMS = 100
"""How many items of a list are looked at for their fields."""

NAME = re.compile(r"[A-Za-z_]\w*")
Match = Callable[[str, int], "str | None"]


def completer(commands: Iterable[str], event: Callable[[], Event], line: Callable[[], str]) -> Match:
    """Return a function for readline: the candidate of a number for a word. line: the text before the cursor."""
    known = tuple(commands)

    def match(word: str, number: int) -> str | None:
        return next(islice(candidates(line(), word, known, event()), number, None), None)

    return match


def candidates(line: str, word: str, commands: Iterable[str], event: Event) -> Iterator[str]:
    """Yield what may stand for the word at the end of the line."""
    if line.startswith(":") and line == word:
        names: Iterable[str] = commands
    elif found := OBJECT.search(line):
        names = _fields(found["object"], event)
    else:
        inner = _fields(found["list"], event) if (found := FILTER.search(line)) else ()
        names = (*inner, *ROOTS, *(f"{name}(" for name in scope().functions))
    return (name for name in dict.fromkeys(names) if name.startswith(word))


def _fields(text: str, event: Event) -> Iterator[str]:
    """Yield the names in the value of an expression: those of a map, or those of the maps in a list."""
    with contextlib.suppress(PydanticCustomError, FlowError):
        value = value_of(text, event)
        maps = value[:MOST_ITEMS] if isinstance(value, list) else [value]
        for each in maps:
            yield from (_written(name) for name in each if isinstance(name, str)) if isinstance(each, Mapping) else ()


def _written(name: Any) -> str:
    return name if NAME.fullmatch(name) else f'"{name}"'
