"""The writer of flow files. PyYAML's would lose the comments, and does not tell which line became what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.mule.writing.parts import NOTHING, Part, is_comment
from engine.mule.writing.scalars import block, fits_block, scalar

WIDTH = 110
STEP = "  "
SPACED = ("flows", "sub-flows", "cases")
"""The sections whose entries have an empty line between them."""


def write(sections: Mapping[str, Any], head: str = "") -> str:
    """Return the text of a flow file. The parts in it learn their lines."""
    writer = _Writer()
    writer.comment(head, "")
    for number, (name, value) in enumerate(sections.items()):
        if number or head:
            writer.lines.append("")
        writer.section(name, value)
    return "\n".join([*writer.lines, ""])


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def section(self, name: str, value: Any) -> None:
        if name not in SPACED or not isinstance(value, dict) or not value:
            self.entry(f"{scalar(name)}:", value, "")
            return
        self.lines.append(f"{name}:")
        for number, (key, inner) in enumerate(value.items()):
            if number:
                self.lines.append("")
            self.entry(f"{STEP}{scalar(key)}:", inner, STEP)

    def comment(self, text: str, indent: str) -> None:
        self.lines += [f"{indent}# {line}".rstrip() for line in text.split("\n")] if text else []

    def entry(self, lead: str, value: Any, indent: str) -> None:
        """Write a value behind its key or dash. indent: that of the key or dash."""
        part = value if isinstance(value, Part) else None
        if part is not None:
            for comment in part.comments:
                self.comment(comment, indent)
            value = part.value
        start = len(self.lines) + 1
        if value is not NOTHING:
            self.value(lead, value, indent)
        if part is not None:
            part.lines = (start, len(self.lines))

    def value(self, lead: str, value: Any, indent: str) -> None:
        if isinstance(value, str) and fits_block(value):
            head, *body = block(value, indent + STEP)
            self.lines += [f"{lead} {head}", *body]
        elif isinstance(value, (dict, list)):
            self.collection(lead, value, indent)
        else:
            self.lines.append(f"{lead} {scalar(value)}")

    def collection(self, lead: str, value: Any, indent: str) -> None:
        if (short := in_one_line(value)) is not None and len(lead) + len(short) < WIDTH:
            self.lines.append(f"{lead} {short}")
        elif all(map(is_comment, value if isinstance(value, list) else value.values())):
            self.lines.append(f"{lead} {'[]' if isinstance(value, list) else '{}'}")
            self.entries(value, indent + STEP)
        elif lead.endswith("-"):
            self.behind_a_dash(lead, value, indent)
        else:
            self.lines.append(lead)
            self.entries(value, indent + STEP)

    def behind_a_dash(self, lead: str, value: Any, indent: str) -> None:
        """Write a collection that begins in the line of its dash, unless a comment stands above its first entry."""
        first = next(iter(value.values() if isinstance(value, dict) else value))
        if isinstance(first, Part) and first.comments:
            self.lines.append(lead)
            self.entries(value, indent + STEP)
            return
        start = len(self.lines)
        self.entries(value, indent + STEP)
        self.lines[start] = f"{lead} {self.lines[start].lstrip()}"

    def entries(self, value: Any, indent: str) -> None:
        for key, inner in value.items() if isinstance(value, dict) else ((None, each) for each in value):
            self.entry(f"{indent}-" if key is None else f"{indent}{scalar(key)}:", inner, indent)


def in_one_line(value: Any) -> str | None:
    """Return a collection of plain scalars in braces or brackets; None for one that needs several lines."""
    if isinstance(value, dict):
        pairs = [(scalar(key, in_braces=True), _short(each)) for key, each in value.items()]
        whole = None if any(each is None for _, each in pairs) else ", ".join(f"{key}: {each}" for key, each in pairs)
        return None if whole is None else f"{{{whole}}}"
    entries = list(_shorts(value))
    return None if None in entries else f"[{', '.join(map(str, entries))}]"


def _shorts(values: Any) -> Iterator[str | None]:
    return (_short(each) for each in values)


def _short(value: Any) -> str | None:
    if isinstance(value, Part) or (isinstance(value, str) and "\n" in value):
        return None
    if isinstance(value, dict):
        return in_one_line(value)
    return None if isinstance(value, list) and value else "[]" if value == [] else scalar(value, in_braces=True)
