"""The nodes of an XML file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

ROOTS = ("mule", "domain:mule-domain", "fragment")
"""The elements that hold all others of a file."""


@dataclass
class Node:
    """An element, by the name that Mule's documentation has for it: `http:request`, `flow`, `ee:transform`.

    attributes: by such names, too (`doc:name`); text: all of it, character data sections included. source: as it
    stands in the file, without its tail.
    """

    name: str
    file: str
    line: int
    column: int = 1
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node | Comment] = field(default_factory=list)
    text: str = ""
    source: str = ""
    text_line: int = 0
    """The line in which the text begins."""

    @property
    def namespace(self) -> str:
        return self.name.rpartition(":")[0]

    @property
    def local_name(self) -> str:
        return self.name.rpartition(":")[2]

    @property
    def elements(self) -> list[Node]:
        return [child for child in self.children if isinstance(child, Node)]

    @property
    def label(self) -> str:
        """What people call it: its name in the file, or its `doc:name`."""
        return self.attributes.get("name") or self.attributes.get("doc:name") or ""

    def get(self, attribute: str, default: str = "") -> str:
        return self.attributes.get(attribute, default)

    def child(self, name: str) -> Node | None:
        """Return the first child element of that name."""
        return next((each for each in self.elements if each.name == name), None)

    def all(self, name: str) -> list[Node]:
        """Return the child elements of that name."""
        return [each for each in self.elements if each.name == name]

    def walk(self) -> Iterator[Node]:
        """Yield the element and all inside, in the order of the file."""
        yield self
        for child in self.elements:
            yield from child.walk()


def globals_of(root: Node) -> list[Node | Comment]:
    """Return what stands at the top of a file, comments included."""
    return root.children if root.name in ROOTS else [root]


@dataclass
class Comment:
    """A comment between elements."""

    text: str
    line: int
