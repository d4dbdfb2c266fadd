"""Maps and lists on one line, as their author meant them: YAML ends a text at brackets and commas that belong to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

BEFORE = re.compile(r"\s*(?:- +)*(?:(?:[^{}\[\]#'\"]+?|\"[^\"]*\"|'[^']*'):\s+)?(?=[{\[])")
"""The text of a line before its first map or list."""
COLON = re.compile(r"\s*:(?=[\s,{}\[\]]|$)\s*")
NEXT_ENTRY = re.compile(r",\s*(?:$|[^\s,{}]+:\s)")
"""The comma after a value of a map: any other comma belongs to the value."""
QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:''|[^'])*'")
LONGEST = 1_000
"""Characters between brackets that are searched for the closing one."""
BRACKETS = {"(": ")", "[": "]", "{": "}"}


class LineEntry(NamedTuple):
    """A text in a map or a list: the key before it, or the value after it if it is a key itself."""

    text: str
    key: str = ""
    value: str | None = None


def entry_at(line: str, column: int, *, is_inside: bool = False) -> LineEntry | None:
    """Return the entry around a column (from 0) of a line, or None if there is none.

    is_inside: whether the line, if it opens no map or list before the column, goes on in one.
    """
    before = BEFORE.match(line)
    if before and before.end() <= column:
        return _entry_at(line, before.end(), column)
    return _entry_at(line, 0, column) if is_inside else None


def _entry_at(line: str, start: int, column: int) -> LineEntry | None:
    for first, last, entry in _entries(line, start):
        if first <= column <= last:
            return entry
    return None


def _entries(line: str, position: int) -> Iterator[tuple[int, int, LineEntry]]:
    """Yield each text with its first column and the one after it."""
    key, opened = "", ["{"]
    while position < len(line):
        character = line[position]
        if character.isspace():
            position += 1
        elif character in "{[}],":
            _step(character, opened)
            key, position = "", position + 1
        else:
            is_in_map = opened[-1:] == ["{"]
            end = _end(line, position, is_in_map, is_value=bool(key))
            text, colon = line[position:end].rstrip(), COLON.match(line, end) if is_in_map and not key else None
            value = _value(line, colon.end()) if colon else None
            yield position, end, LineEntry(text, key, value)
            key, position = (text, colon.end()) if colon else ("", max(end, position + 1))


def _step(character: str, opened: list[str]) -> None:
    if character in "{[":
        opened.append(character)
    elif character in "}]" and len(opened) > 1:
        opened.pop()


def _value(line: str, start: int) -> str:
    """Return the value of a key."""
    if line[start : start + 1] in ("{", "["):
        return line[start : _behind_brackets(line, start)]
    return line[start : _end(line, start, True, is_value=True)].rstrip()


def _end(line: str, start: int, is_in_map: bool, *, is_value: bool) -> int:
    """Return the end of the text that begins here: brackets in it, and their contents, belong to it."""
    quoted = QUOTED.match(line, start)
    position = quoted.end() if quoted else start
    while position < len(line):
        character = line[position]
        if character in "}]":
            break
        if character == "," and (not is_in_map or not is_value or NEXT_ENTRY.match(line, position)):
            break
        if character == ":" and is_in_map and not is_value and COLON.match(line, position):
            break
        position = _behind_brackets(line, position) if character in BRACKETS else position + 1
    return position


def _behind_brackets(line: str, start: int) -> int:
    """Return the column after the bracket that closes the one at the start; if none does, the one after the start."""
    open_brackets: list[str] = []
    for position in range(start, min(len(line), start + LONGEST)):
        character = line[position]
        if character in BRACKETS:
            open_brackets.append(BRACKETS[character])
        elif open_brackets[-1] == character:
            open_brackets.pop()
        if not open_brackets:
            return position + 1
    return start + 1
