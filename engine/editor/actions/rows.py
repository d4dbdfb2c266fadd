"""Steps that are selected in a text: a row of entries of one list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.editor.nodes import Node, read_nodes
from engine.loading.catalog import Catalog, CatalogError
from engine.steps.processor import Processor

OWNERS = ("flows", "sub-flows", "error-handlers")
ANCHOR = re.compile(r"(?:^|[\s\[{,:])[&*][A-Za-z]")


@dataclass(frozen=True)
class Row:
    """Some steps of a list. owner: the flow, sub-flow or handler list that they belong to."""

    text: str
    root: Node
    owner: str
    steps: list[Node]
    holder: Node

    @property
    def is_flow_style(self) -> bool:
        return self.holder.is_flow

    @property
    def start(self) -> int:
        """Where the first of them begins: in a block with its dash."""
        first = self.steps[0].start
        return first if self.is_flow_style else self.text.rindex("-", 0, first)

    @property
    def end(self) -> int:
        """Where the last one ends: in a block with the comment in its line."""
        last = self.steps[-1].end
        if self.is_flow_style:
            return last
        end = self.text.find("\n", last)
        return len(self.text) if end < 0 else end

    @property
    def column(self) -> int:
        """How far its dashes are from the beginning of the line."""
        return self.start - (self.text.rfind("\n", 0, self.start) + 1)

    def entries(self, indentation: int) -> str:
        """Return the text of the steps as a block that begins so far from the beginning of the line."""
        if self.is_flow_style:
            joined = (re.sub(r"\n\s*", " ", self.text[each.start : each.end]) for each in self.steps)
            return "\n".join(f"{' ' * indentation}- {text}" for text in joined)
        return moved(self.text[self.start - self.column : self.end], indentation - self.column)

    @property
    def in_line(self) -> str:
        """The text of the steps as entries of a list in one line."""
        return self.text[self.start : self.end]

    @property
    def has_anchors(self) -> bool:
        return bool(ANCHOR.search(self.text[self.start : self.end]))


def moved(block: str, by: int) -> str:
    """Return lines that are further in, or out."""
    lines = block.split("\n")
    if by >= 0:
        return "\n".join(" " * by + line if line.strip() else line for line in lines)
    return "\n".join(line[min(-by, len(line) - len(line.lstrip())) :] for line in lines)


def selected_row(text: str, start: int, end: int, catalog: Catalog) -> Row | None:
    """Return the steps that a selection touches; of lists inside each other those of the innermost that holds it."""
    root = read_nodes(text)
    if root is None:
        return None
    rows = [row for owner, node in _owners(root) for row in _rows(text, root, owner, node, start, end, catalog)]
    return rows[-1] if rows else None


def _owners(root: Node) -> Iterator[tuple[str, Node]]:
    for section in OWNERS:
        node = root.get(section)
        for key, value in node.items() if node else ():
            yield key.value, value


def _rows(text: str, root: Node, owner: str, node: Node, start: int, end: int, catalog: Catalog) -> Iterator[Row]:
    """Yield the rows around a selection, from outside to inside."""
    waiting = [node]
    while waiting:
        node = waiting.pop(0)
        if not node.start <= start <= end <= _line_end(text, node):
            continue
        steps = _touched(text, node, start, end) if node.kind == "list" else []
        if steps and all(_is_step(step, catalog) for step in steps):
            yield Row(text, root, owner, steps, node)
        waiting += node.values


def _line_end(text: str, node: Node) -> int:
    end = text.find("\n", node.end)
    return len(text) if end < 0 else end


def _touched(text: str, node: Node, start: int, end: int) -> list[Node]:
    def begin(step: Node) -> int:
        return step.start if node.is_flow else text.rindex("-", 0, step.start)

    return [
        step
        for step in node.values
        if begin(step) <= max(end - (end > start), start) and start <= _end(text, node, step)
    ]


def _end(text: str, holder: Node, step: Node) -> int:
    return step.end if holder.is_flow else _line_end(text, step)


def _is_step(node: Node, catalog: Catalog) -> bool:
    name = node.first_key
    try:
        return name in catalog and issubclass(catalog[name], Processor)
    except CatalogError:
        return False
