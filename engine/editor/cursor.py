"""What stands at a place of a file that may not parse: the keys that lead there, and the word typed so far."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from engine.editor.sketching.nodes import Entry, Key, Listing, Mapping, Node, Scalar, inner
from engine.editor.sketching.quotes import Decoded, decoded
from engine.editor.sketching.sketch import sketch

MARK = "\ue000"
"""Stands at the cursor while a sketch is made: no author writes it."""
FARTHEST = 300_000
"""How many characters before the cursor are looked at, if an entry is that long."""
TOP = re.compile(r"""["'\w][^\n]*:""")
LANGUAGE = re.compile(r"^expression-language:\s*[\"']?(\w+)", re.MULTILINE)
FIRST = re.compile(r"^([ ]+)(?=[^\s#])", re.MULTILINE)
LARGE = 20_000
"""How many characters a section may have of which all is looked at."""


@dataclass(frozen=True)
class Cursor:
    """A place in a file. Offsets count the characters of the file.

    path: the keys that lead to the map, the list or the value in which it stands. is_key: whether a key stands here, so
    that the path is that of its map. word: what is typed of the key or value before the cursor; start, end: the whole
    of it. present: the keys of the map that are there already. scalar: the value here, if it is a text.
    """

    source: str
    offset: int
    path: tuple[Key, ...] = ()
    is_key: bool = False
    word: str = ""
    start: int = 0
    end: int = 0
    present: tuple[str, ...] = ()
    scalar: Scalar | None = None
    root: Node | None = field(default=None, repr=False)
    """The section around, with sound offsets."""

    has_colon: bool = False
    """Whether a colon follows the key."""

    @property
    def is_nowhere(self) -> bool:
        """Whether nothing can stand here: inside a comment."""
        return self.root is None

    def contents(self) -> Decoded:
        """Return the contents of the text here."""
        return decoded(self.source, self.scalar or Scalar(self.offset, self.offset))


def cursor_at(source: str, offset: int) -> Cursor:
    """Return what stands at a character of a file. It never fails."""
    offset = max(0, min(offset, len(source)))
    part = _part(source, offset)
    if offset - part.start > FARTHEST:
        return Cursor(source, offset, start=offset, end=offset)
    found = _descend(sketch(part.text(source, offset)), part.mark(offset))
    if found is None:
        return Cursor(source, offset, start=offset, end=offset)
    _move(found.root, part, offset)
    return _cursor(source, offset, found)


def language_of(source: str) -> str:
    """Return the name of the expression language of a file."""
    found = LANGUAGE.search(source)
    return found[1] if found and found[1] != "name" else "jmespath"


@dataclass
class _Found:
    """The way from the root to the mark."""

    root: Node | None
    path: list[Key] = field(default_factory=list)
    mapping: Mapping | None = None
    entry: Entry | None = None
    scalar: Scalar | None = None


def _descend(root: Node | None, mark: int) -> _Found | None:
    found, node = _Found(root), root
    while node is not None and node.start <= mark < node.end:
        if isinstance(node, Scalar):
            found.scalar = node
            return found
        if isinstance(node, Mapping) and (entry := _key_at(node, mark)):
            found.mapping, found.entry, found.scalar = node, entry, entry.key
            return found
        part = next(((key, each) for key, each in inner(node) if each and each.start <= mark < each.end), None)
        if part is None:
            return None
        found.path.append(part[0])
        node = part[1]
    return None


def _key_at(mapping: Mapping, mark: int) -> Entry | None:
    return next((entry for entry in mapping.entries if entry.key.start <= mark < entry.key.end), None)


def _cursor(source: str, offset: int, found: _Found) -> Cursor:
    scalar = found.scalar
    assert scalar is not None
    content = scalar.start + (scalar.style in ('"', "'"))
    is_closed = scalar.style and scalar.end - scalar.start > 1 and source[scalar.end - 1] == scalar.style
    others = found.mapping.entries if found.mapping else ()
    return Cursor(
        source,
        offset,
        tuple(found.path),
        found.entry is not None,
        source[content:offset],
        content,
        max(offset, scalar.end - 1 if is_closed else scalar.end),
        tuple(entry.name for entry in others if entry is not found.entry and entry.has_colon),
        scalar,
        found.root,
        found.entry is not None and found.entry.has_colon,
    )


def _move(root: Node | None, part: _Part, offset: int) -> None:
    """Give all nodes their offsets in the file."""
    for node in _nodes(root):
        node.start, node.end = part.place(node.start, offset), part.place(node.end, offset)


def _nodes(node: Node | None) -> Iterator[Node]:
    """Yield all nodes, the keys of maps among them, each once."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if each is None:
            continue
        yield each
        if isinstance(each, Mapping):
            waiting += [part for entry in each.entries for part in (entry.key, entry.value)]
        elif isinstance(each, Listing):
            waiting += each.items


# Which part of the file is looked at


@dataclass(frozen=True)
class _Part:
    """The first line of a section, which begins at `top`, and the entry in it around the cursor."""

    top: int
    head: int
    start: int
    end: int

    def text(self, source: str, offset: int) -> str:
        """Return the part of the file with the mark in it."""
        return f"{source[self.top : self.head]}{source[self.start : offset]}{MARK}{source[offset : self.end]}"

    def mark(self, offset: int) -> int:
        return offset - self.start + self.head - self.top

    def place(self, at: int, offset: int) -> int:
        """Return the character of the file that is this one of the part."""
        at -= at > self.mark(offset)
        return at + self.top if at < self.head - self.top else at - (self.head - self.top) + self.start


def _part(source: str, offset: int) -> _Part:
    """Return the section at the top of the file in which a place stands; of a large one only the entry around."""
    top = _line_start(source, offset)
    while top > 0 and not TOP.match(source, top):
        top = _line_start(source, top - 1)
    end = _next(source, offset, lambda at: bool(TOP.match(source, at)))
    end = min(end, offset + LARGE)
    head = source.find("\n", top, offset) + 1
    if end - top < LARGE or not head:
        return _Part(top, top, top, end)
    indent = _first_indent(source, head, offset)
    start = _line_start(source, offset)
    while start > head and not _is_at(source, start, indent):
        start = _line_start(source, start - 1)
    end = min(end, _next(source, offset, lambda at: _is_at(source, at, indent)))
    return _Part(top, head, start, end) if start > head else _Part(top, top, top, end)


def _line_start(source: str, offset: int) -> int:
    return source.rfind("\n", 0, max(0, offset)) + 1


def _next(source: str, offset: int, is_end: Callable[[int], bool]) -> int:
    """Return the beginning of the first line after a place at which something ends."""
    at = source.find("\n", offset) + 1
    while at > 0 and not is_end(at):
        at = source.find("\n", at) + 1
    return at or len(source)


def _first_indent(source: str, head: int, offset: int) -> int:
    found = FIRST.search(source, head, offset)
    return len(found[1]) if found else 0


def _is_at(source: str, at: int, indent: int) -> bool:
    """Return whether a line begins an entry: something else than a comment stands at its indentation."""
    return not source[at : at + indent].strip(" ") and source[at + indent : at + indent + 1] not in ("", *" \t\r\n#")
