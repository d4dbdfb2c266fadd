"""The nodes of a sketch: where maps, lists and texts stand in a file. Offsets count characters of its text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

Key = str | int
"""The name of an entry of a map, or the number of an item of a list."""


@dataclass(slots=True)
class Scalar:
    """A text, with its quotes. style: the quote, `|` or `>`; empty if it is plain."""

    start: int
    end: int
    style: str = ""


@dataclass(slots=True)
class Entry:
    """A key, and what stands behind its colon. has_colon: False for a word that may become a key."""

    key: Scalar
    name: str
    value: Node | None = None
    has_colon: bool = True


@dataclass(slots=True)
class Mapping:
    """A map. indent: the columns that its keys are indented by; -1 if it stands in braces."""

    start: int
    end: int
    indent: int = -1
    entries: list[Entry] = field(default_factory=list)

    def get(self, name: str) -> Node | None:
        """Return what stands under a key."""
        return next((entry.value for entry in self.entries if entry.name == name), None)

    def names(self) -> list[str]:
        """Return the keys that have their colon."""
        return [entry.name for entry in self.entries if entry.has_colon]


@dataclass(slots=True)
class Listing:
    """A list."""

    start: int
    end: int
    indent: int = -1
    items: list[Node | None] = field(default_factory=list)


Node = Scalar | Mapping | Listing


def inner(node: Node | None) -> Iterator[tuple[Key, Node | None]]:
    """Yield the parts of a map or a list, each with its key."""
    if isinstance(node, Mapping):
        yield from ((entry.name, entry.value) for entry in node.entries if entry.has_colon)
    elif isinstance(node, Listing):
        yield from enumerate(node.items)


def at(node: Node | None, path: tuple[Key, ...]) -> Node | None:
    """Return the node to which keys lead."""
    for key in path:
        node = next((part for name, part in inner(node) if name == key), None)
    return node
