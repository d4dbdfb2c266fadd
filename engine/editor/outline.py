"""Document symbols, folding, selection ranges, and links to files."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from engine.editor.nodes import Node, read_nodes
from engine.editor.spans import Span
from engine.loading.catalog import Catalog
from engine.parameters.files import find_below

STEPS = ("steps", "run", "before-all", "before-each", "after-each", "after-all")
TELLING = ("name", "variableName", "type", "path", "queueName", "processor", "function", "expression", "message", "key")
"""Parameters whose values tell a step from others of its element."""
LONGEST_DETAIL = 60
FILE_NAME = re.compile(r"[\w ./@+-]{0,200}\.[A-Za-z][A-Za-z0-9]{0,9}")
COMMENT = re.compile(r"^[ \t]*#")


@dataclass
class Outline:
    """One thing of a file. kind: `section`, `flow`, `config`, `handler`, `source`, `step`, `case`, `property`.

    start, end: all of it; name_start, name_end: its name.
    """

    name: str
    kind: str
    start: int
    end: int
    name_start: int
    name_end: int
    detail: str = ""
    inside: list[Outline] = field(default_factory=list)


class Fold(NamedTuple):
    """Lines (from 0) that an editor may hide behind the first of them."""

    first: int
    last: int
    is_comment: bool = False


def outline(text: str, catalog: Catalog) -> list[Outline]:
    """Return the sections of a file with what is in them, steps inside of steps included."""
    root = read_nodes(text)
    made = []
    for key, value in root.items() if root else ():
        inside = list(_section(key.value, value, catalog))
        if inside or key.value == "configuration":
            made.append(_made(key, value, "section", inside))
    return made


def _section(section: str, node: Node, catalog: Catalog) -> Iterator[Outline]:
    kinds = {"configs": "config", "error-handlers": "handler", "cases": "case", "properties": "property"}
    if section in ("flows", "sub-flows"):
        yield from (_flow(key, value, catalog) for key, value in node.items())
    elif section in STEPS:
        yield from _elements(node, "step", catalog)
    elif section in kinds:
        for key, value in node.items():
            inside = [] if section in ("configs", "properties") else list(_inside(value, catalog))
            detail = value.first_key if section == "configs" else _text(value.get("doc") or value)
            yield _made(key, value, kinds[section], inside, detail)


def _flow(key: Node, value: Node, catalog: Catalog) -> Outline:
    source = value.get("source")
    inside = [_element(source, "source", catalog)] if source and source.entries else []
    steps = [(name, node) for name, node in value.items() if name.value != "source"]
    inside += [each for _, node in steps for each in _inside(node, catalog)]
    return _made(key, value, "flow", inside, source.first_key if source else _text(value.get("doc")))


def _inside(node: Node, catalog: Catalog) -> Iterator[Outline]:
    """Yield the elements in a value, those that are not inside of others."""
    if node.kind == "list":
        for entry in node.values:
            if entry.kind == "map" and entry.first_key in catalog:
                yield _element(entry, "step", catalog)
            else:
                yield from _inside(entry, catalog)
    else:
        for _, value in node.items():
            yield from _inside(value, catalog) if value.kind != "text" else ()


def _elements(node: Node, kind: str, catalog: Catalog) -> Iterator[Outline]:
    yield from (_element(entry, kind, catalog) for entry in node.values if entry.entries)


def _element(entry: Node, kind: str, catalog: Catalog) -> Outline:
    key, value = next(iter(entry.items()))
    label = value.get("doc:name")
    inside = list(_inside(value, catalog))
    told = next((found for name in TELLING if (found := value.get(name)) and found.kind == "text"), None)
    detail = key.value if label else _text(told)
    return _made(key, value, kind, inside, detail, name=label.value if label else key.value)


def _text(node: Node | None) -> str:
    value = " ".join(node.value.split()) if node and node.kind == "text" else ""
    return value if len(value) <= LONGEST_DETAIL else f"{value[: LONGEST_DETAIL - 1]}…"


def _made(key: Node, value: Node, kind: str, inside: list[Outline], detail: str = "", name: str = "") -> Outline:
    end = max(value.end, key.end)
    return Outline(name or key.value or "…", kind, key.start, end, key.start, key.end, detail, inside)


# Folding


def folds(text: str) -> list[Fold]:
    """Return what can be folded: maps and lists of more than one line, block texts, rows of comments."""
    root = read_nodes(text)
    starts = _line_starts(text)
    found = {fold.first: fold for fold in _node_folds(root, starts)} if root else {}
    lines = text.split("\n")
    comments = ((number, line) for number, line in enumerate(lines))
    for is_comment, rows in groupby(comments, lambda row: bool(COMMENT.match(row[1]))):
        numbers = [number for number, _ in rows]
        if is_comment and len(numbers) > 1:
            found[numbers[0]] = Fold(numbers[0], numbers[-1], is_comment=True)
    return [found[line] for line in sorted(found)]


def _node_folds(root: Node, starts: Sequence[int]) -> Iterator[Fold]:
    waiting: list[tuple[int, Node]] = [(root.start, root)]
    while waiting:
        start, node = waiting.pop()
        first, last = _line(starts, start), _line(starts, node.end)
        if last > first and node is not root:
            yield Fold(first, last)
        waiting += [(key.start if key else value.start, value) for key, value in node.entries]


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text))]


def _line(starts: Sequence[int], offset: int) -> int:
    return bisect_right(starts, offset) - 1


# Selection


def selections(text: str, offset: int) -> list[tuple[int, int]]:
    """Return the parts of the text around an offset, the smallest first: word, value, entry, map, and so on."""
    root = read_nodes(text)
    found = [(0, len(text))]
    node = root
    while node is not None:
        found.append((node.start, node.end))
        around = ((key, value) for key, value in node.entries if _start(key, value) <= offset <= value.end)
        key, node = next(around, (None, None))
        if key is not None and node is not None:
            found.append((key.start, node.end))
            if offset <= key.end:
                found.append((key.start, key.end))
                break
    found += [word.span() for word in re.finditer(r"\w+", text[: offset + 200]) if word.start() <= offset <= word.end()]
    unique = dict.fromkeys(found)
    return sorted((part for part in unique if part[0] <= offset <= part[1]), key=lambda part: part[1] - part[0])


def _start(key: Node | None, value: Node) -> int:
    return key.start if key else value.start


# Links


def links(text: str, folder: Path) -> Iterator[tuple[int, int, Path]]:
    """Yield the parts of a text that name a file in the folder, or in one below it, and those files."""
    root = read_nodes(text)
    waiting = [root] if root else []
    while waiting:
        node = waiting.pop()
        waiting += node.values
        if node.kind == "text" and FILE_NAME.fullmatch(node.value):
            file = find_below(folder.resolve(), node.value)
            if file is not None:
                start = node.start + (1 if node.style in ("'", '"') else 0)
                yield start, start + len(node.value), file


def link_spans(text: str, path: Path) -> list[tuple[Span, Path]]:
    """Return the links of a file."""
    return [(Span(path, start, end), file) for start, end, file in links(text, path.parent)]
