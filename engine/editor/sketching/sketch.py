"""Makes a sketch of YAML text that may not parse, such as a file in the middle of typing."""

from __future__ import annotations

import re

from engine.editor.sketching.flow_style import PROPERTIES, FlowStyle
from engine.editor.sketching.nodes import Entry, Listing, Mapping, Node, Scalar
from engine.editor.sketching.quotes import closing, unquoted

KEY = re.compile(
    r"""(?:"(?:\\.|[^"\\\n])*"|'(?:''|[^'\n])*'|[^\s#"'{}\[\],&*!|>%@`-][^\n]*?|-[^\s][^\n]*?)"""
    r"""(?=[ \t]{0,8}:(?:\s|\Z))"""
)
BLOCK = re.compile(r"[|>][0-9+-]*[ \t]*(?:#[^\n]*)?\r?(?=\n|\Z)")
BLANKS = re.compile(r"[ \t]*")
REST = re.compile(r"[ \t]*(?:#(?!\[)[^\n]*)?\r?(?=\n|\Z)")
PLAIN = re.compile(r"[^\n]*?(?=[ \t]#(?!\[)|\n|\Z)")
IGNORED = re.compile(r"(?:#(?!\[)|---|\.\.\.|%)")
DEEPEST = 250
"""How deeply maps and lists may be nested; what is further inside stays unread."""
TAB = 2
"""How many columns a tab counts, which YAML does not allow."""


def sketch(text: str, start: int = 0, end: int | None = None) -> Node | None:
    """Return what stands in a part of a text; None if nothing does. It never fails."""
    return _Sketcher(text, start, len(text) if end is None else end).read()


def width(text: str, start: int, end: int) -> int:
    """Return how many columns blanks take."""
    return end - start + text.count("\t", start, end) * (TAB - 1)


class _Sketcher:
    def __init__(self, text: str, start: int, end: int) -> None:
        self._text = text
        self._start = start
        self._end = end
        self._root: Node | None = None
        self._open: list[Mapping | Listing] = []

    def read(self) -> Node | None:
        position = self._start
        while position < self._end:
            first = self._blanks(position)
            line_end = self._line_end(first)
            if first >= line_end or self._text[first] == "\r" or IGNORED.match(self._text, first):
                position = line_end + 1
            else:
                position = self._line(first, line_end, width(self._text, position, first))
        return self._root

    def _blanks(self, position: int) -> int:
        found = BLANKS.match(self._text, position, self._end)
        return found.end() if found else position

    def _line_end(self, position: int) -> int:
        found = self._text.find("\n", position, self._end)
        return self._end if found < 0 else found

    def _line(self, at: int, line_end: int, indent: int) -> int:
        """Read a line, and what goes on in the lines below; return where the next one begins."""
        around = indent
        while self._is_dash(at, line_end):
            if len(self._open) >= DEEPEST:
                return line_end + 1
            self._open_listing(at, indent)
            around, behind = indent, self._blanks(at + 1)
            if REST.match(self._text, behind):
                return line_end + 1
            indent, at = indent + behind - at, behind
        key = KEY.match(self._text, at, line_end)
        if key is None:
            value, position = self._value(at, line_end, around)
            self._place(value, indent)
            return max(position, line_end + 1)
        return self._entry(key, at, line_end, indent)

    def _is_dash(self, at: int, line_end: int) -> bool:
        return at < line_end and self._text[at] == "-" and self._text[at + 1 : at + 2] in ("", " ", "\t", "\n", "\r")

    def _entry(self, key: re.Match[str], at: int, line_end: int, indent: int) -> int:
        mapping = self._open_mapping(at, indent)
        entry = Entry(Scalar(at, key.end(), _style(key[0])), unquoted(key[0]))
        mapping.entries.append(entry)
        behind = PROPERTIES.match(self._text, self._blanks(self._text.index(":", key.end()) + 1), line_end)
        start = behind.end() if behind else line_end
        if REST.match(self._text, start):
            self._stretch(line_end)
            return line_end + 1
        entry.value, position = self._value(start, line_end, indent)
        self._stretch(entry.value.end)
        return max(position, line_end + 1)

    # Where things belong

    def _open_mapping(self, at: int, indent: int) -> Mapping:
        while self._open and (self._open[-1].indent > indent or self._is_list_at(indent)):
            self._open.pop()
        top = self._open[-1] if self._open else None
        if isinstance(top, Mapping) and top.indent == indent:
            return top
        found = self._slot()
        mapping = found if isinstance(found, Mapping) else Mapping(at, at, indent)
        if len(self._open) >= DEEPEST:
            return mapping
        mapping.indent = indent
        self._fill(mapping)
        self._open.append(mapping)
        return mapping

    def _is_list_at(self, indent: int) -> bool:
        return isinstance(self._open[-1], Listing) and self._open[-1].indent == indent

    def _open_listing(self, at: int, indent: int) -> None:
        while self._open and self._open[-1].indent > indent:
            self._open.pop()
        if not self._open or not self._is_list_at(indent):
            found = self._slot()
            listing = found if isinstance(found, Listing) else Listing(at, at, indent)
            listing.indent = indent
            self._fill(listing)
            self._open.append(listing)
        top = self._open[-1]
        assert isinstance(top, Listing)
        top.items.append(None)
        self._stretch(at + 1)

    def _slot(self) -> Node | None:
        """Return what stands by now where the next thing belongs."""
        top = self._open[-1] if self._open else None
        if isinstance(top, Mapping):
            return top.entries[-1].value if top.entries else None
        return top.items[-1] if isinstance(top, Listing) and top.items else self._root if top is None else None

    def _fill(self, node: Node) -> None:
        top = self._open[-1] if self._open else None
        if isinstance(top, Mapping) and top.entries:
            top.entries[-1].value = node
        elif isinstance(top, Listing):
            top.items[-1:] = [node]
        elif self._root is None:
            self._root = node

    def _place(self, node: Node, indent: int) -> None:
        """Put a value that has no key of its own where it belongs: it may be a word that becomes a key."""
        while self._open and self._open[-1].indent > indent:
            self._open.pop()
        top = self._open[-1] if self._open else None
        if isinstance(top, Listing) and top.indent == indent and len(self._open) > 1:
            self._open.pop()
            top = self._open[-1]
        is_key = isinstance(top, Mapping) and top.indent == indent and isinstance(node, Scalar)
        if is_key and isinstance(top, Mapping) and isinstance(node, Scalar):
            name = unquoted(self._text[node.start : node.end])
            top.entries.append(Entry(node, name, has_colon=False))
        elif self._slot() is None:
            self._fill(node)
        self._stretch(node.end)

    def _stretch(self, end: int) -> None:
        for each in self._open:
            each.end = max(each.end, end)

    # Values

    def _value(self, at: int, line_end: int, around: int) -> tuple[Node, int]:
        """Return the value that begins there, and where it ends. around: the columns that what holds it is indented."""
        character = self._text[at]
        if character in "|>" and BLOCK.match(self._text, at, self._end):
            start, end = line_end + 1, self._deeper(line_end + 1, around)
            return Scalar(min(start, self._end), max(start, min(end, self._end)), character), end
        if character in "\"'":
            return self._quoted(at, line_end, around)
        if character in "{[":
            return FlowStyle(self._text, self._deeper(line_end + 1, around, flow=True)).read(at)
        return self._plain(at, line_end, around)

    def _quoted(self, at: int, line_end: int, around: int) -> tuple[Scalar, int]:
        end = closing(self._text, at, line_end)
        if end is None:
            end = closing(self._text, at, self._deeper(line_end + 1, around))
        found = line_end if end is None else end
        return Scalar(at, found, self._text[at]), self._line_end(found)

    def _plain(self, at: int, line_end: int, around: int) -> tuple[Scalar, int]:
        end, position = self._plain_end(at, line_end), line_end + 1
        while position < self._end:
            first, stop = self._blanks(position), self._line_end(position)
            is_more = width(self._text, position, first) > around and not REST.match(self._text, first)
            if not is_more or self._is_dash(first, stop) or KEY.match(self._text, first, stop):
                break
            end, position = self._plain_end(first, stop), stop + 1
        return Scalar(at, end), position

    def _plain_end(self, at: int, line_end: int) -> int:
        found = PLAIN.match(self._text, at, line_end)
        return at + len(self._text[at : found.end() if found else line_end].rstrip())

    def _deeper(self, position: int, around: int, *, flow: bool = False) -> int:
        """Return where the lines end that are indented further; flow: closing brackets may stand less far in."""
        end = position
        while position < self._end:
            first, stop = self._blanks(position), self._line_end(position)
            if first < stop and self._text[first] != "\r":
                is_closing = flow and self._text[first] in "]}"
                if width(self._text, position, first) <= around and not is_closing:
                    break
                end = stop + 1
            position = stop + 1
        return min(end, self._end)


def _style(written: str) -> str:
    return written[0] if written[:1] in ('"', "'") else ""
