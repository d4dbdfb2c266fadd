"""Maps in braces and lists in brackets, which may not be closed."""

from __future__ import annotations

import re

from engine.editor.sketching.nodes import Entry, Listing, Mapping, Node, Scalar
from engine.editor.sketching.quotes import closing, unquoted

SPACE = re.compile(r"(?:\s|(?:(?<=\s)|(?<=^))#(?!\[)[^\n]*)*")
PLAIN = re.compile(r"#\[[^\n]*|(?:[^,{}\[\]\n:#]|:(?![\s,{}\[\]]|\Z)|(?<!\s)#)*")
PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*[ \t]+)*")
"""Anchors and tags before a value."""
DEEPEST = 100
"""How deeply brackets may be nested; what is inside of that stays unread."""


class FlowStyle:
    """Reads up to a limit, at which everything counts as closed."""

    def __init__(self, text: str, limit: int) -> None:
        self._text = text
        self._limit = limit

    def read(self, at: int, depth: int = 0) -> tuple[Node, int]:
        """Return the value that begins there, and where it ends."""
        behind = PROPERTIES.match(self._text, at, self._limit)
        at = min(behind.end(), self._limit - 1) if behind else at
        if self._text[at] in "{[" and depth < DEEPEST:
            return self._several(at, depth)
        return self._scalar(at)

    def _several(self, at: int, depth: int) -> tuple[Node, int]:
        is_map = self._text[at] == "{"
        found: Mapping | Listing = Mapping(at, at) if is_map else Listing(at, at)
        position = self._space(at + 1)
        while position < self._limit and self._text[position] not in "}]":
            before = position
            if self._text[position] == ",":
                position += 1
            elif isinstance(found, Mapping):
                position = self._entry(found, position, depth)
            else:
                position = self._item(found, position, depth)
            position = self._space(position)
            if position == before:
                position += 1
        found.end = min(position + 1, self._limit)
        return found, found.end

    def _space(self, position: int) -> int:
        found = SPACE.match(self._text, position, self._limit)
        return found.end() if found else position

    def _entry(self, found: Mapping, at: int, depth: int) -> int:
        key, position = self.read(at, depth + 1)
        behind = self._space(position)
        has_colon = self._text[behind : behind + 1] == ":" and behind < self._limit
        if isinstance(key, Scalar):
            entry = Entry(key, unquoted(self._text[key.start : key.end]), has_colon=has_colon)
            found.entries.append(entry)
            return self._behind_colon(entry, behind + 1, depth) if has_colon else position
        return behind + 1 if has_colon else position

    def _behind_colon(self, entry: Entry, position: int, depth: int) -> int:
        at = self._space(position)
        if at < self._limit and self._text[at] not in ",}]":
            entry.value, position = self.read(at, depth + 1)
        return position

    def _item(self, found: Listing, at: int, depth: int) -> int:
        """Read an item, which may be a map of one entry without braces."""
        value, position = self.read(at, depth + 1)
        behind = self._space(position)
        if isinstance(value, Scalar) and behind < self._limit and self._text[behind] == ":":
            entry = Entry(value, unquoted(self._text[value.start : value.end]))
            position = self._behind_colon(entry, behind + 1, depth)
            value = Mapping(at, position, entries=[entry])
        found.items.append(value)
        return position

    def _scalar(self, at: int) -> tuple[Scalar, int]:
        if self._text[at] in "\"'":
            end = closing(self._text, at, self._line_end(at)) or closing(self._text, at, self._limit)
            found = self._line_end(at) if end is None else end
            return Scalar(at, found, self._text[at]), found
        match = PLAIN.match(self._text, at, self._limit)
        end = match.end() if match else at
        start, end = at, at + len(self._text[at:end].rstrip())
        return Scalar(start, end), max(end, at)

    def _line_end(self, at: int) -> int:
        found = self._text.find("\n", at, self._limit)
        return self._limit if found < 0 else found
