"""The nodes of a YAML file with their beginnings and ends, for what works on its text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml


@dataclass
class Node:
    """A map, a list or a text. Offsets count characters; a block ends with its last text, not with blanks behind it.

    entries: of a map its keys and values; of a list its values, without keys.
    """

    kind: str
    start: int
    end: int
    value: str = ""
    style: str = ""
    is_flow: bool = False
    entries: list[tuple[Node | None, Node]] = field(default_factory=list)

    def get(self, *keys: str) -> Node | None:
        """Return the value under a key of a map, and under further keys in there."""
        node: Node | None = self
        for name in keys:
            found = (value for key, value in node.entries if key and key.value == name) if node else iter(())
            node = next(found, None)
        return node

    def items(self) -> Iterator[tuple[Node, Node]]:
        """Yield the keys and values of a map."""
        yield from ((key, value) for key, value in self.entries if key is not None)

    @property
    def values(self) -> list[Node]:
        return [value for _, value in self.entries]

    @property
    def first_key(self) -> str:
        """The first key of a map; empty, if it is none."""
        return next((key.value for key, _ in self.items()), "")


def read_nodes(text: str) -> Node | None:
    """Return the root of a text; None if it is no YAML, or empty. Aliases are texts without a value."""
    root: list[Node] = []
    open_nodes: list[tuple[Node, Node | None]] = []
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            _take(event, text, root, open_nodes)
    except (yaml.YAMLError, ValueError):
        return None
    return root[0] if root else None


def _take(event: yaml.Event, text: str, root: list[Node], open_nodes: list[tuple[Node, Node | None]]) -> None:
    if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
        _close(event, open_nodes)
    elif isinstance(event, yaml.NodeEvent):
        node = _node(event, text)
        _put(node, root, open_nodes)
        if node.kind != "text":
            open_nodes.append((node, None))


def _node(event: yaml.Event, text: str) -> Node:
    start, end = event.start_mark.index, event.end_mark.index  # type: ignore[union-attr]  # libyaml's have marks
    if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
        kind = "map" if isinstance(event, yaml.MappingStartEvent) else "list"
        return Node(kind, start, end, is_flow=bool(event.flow_style))
    end = start + len(text[start:end].rstrip())
    value, style = (event.value, event.style or "") if isinstance(event, yaml.ScalarEvent) else ("", "*")
    return Node("text", start, end, value, style)


def _put(node: Node, root: list[Node], open_nodes: list[tuple[Node, Node | None]]) -> None:
    if not open_nodes:
        root.append(node)
        return
    holder, key = open_nodes[-1]
    if holder.kind == "map" and key is None:
        open_nodes[-1] = holder, node
    else:
        holder.entries.append((key, node))
        open_nodes[-1] = holder, None


def _close(event: yaml.Event, open_nodes: list[tuple[Node, Node | None]]) -> None:
    """End a map or a list: in flow style at its bracket, else with its last entry."""
    node, _ = open_nodes.pop()
    if node.is_flow:
        node.end = event.end_mark.index  # type: ignore[union-attr]  # libyaml's have marks
    elif node.entries:
        node.end = max(node.entries[-1][1].end, node.start)
