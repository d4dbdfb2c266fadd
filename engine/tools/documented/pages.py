"""What a site is made of: pages in Markdown, in sections; and how texts of the manual are written in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.manual.pages import Entry

CODE = re.compile(r"(`[^`\n]+`)")
SIGNS = re.compile(r"[\\*_\[\]#|<>&]")
"""The signs that Markdown, or HTML, would take for its own."""

ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


@dataclass(frozen=True)
class Page:
    """A page: its path in the site, such as `reference/limits.md`, its title in the navigation, its text."""

    path: str
    title: str
    text: str


@dataclass(frozen=True)
class Section:
    """Pages under a title, in their order. The first may be the page of the section itself."""

    title: str
    entries: Sequence[Page | Section]

    def pages(self) -> Iterator[Page]:
        for entry in self.entries:
            yield from [entry] if isinstance(entry, Page) else entry.pages()


def prose(text: str) -> str:
    """Return a text of the manual in Markdown: what stands in backticks is code, all else is as it is written."""
    parts = CODE.split(text)
    return "".join(part if number % 2 else SIGNS.sub(_escaped, part) for number, part in enumerate(parts))


def _escaped(sign: re.Match[str]) -> str:
    return ENTITIES.get(sign[0], f"\\{sign[0]}")


def block(text: str, language: str = "yaml") -> str:
    """Return a block of code."""
    fence = "`" * max(3, *(len(each) + 1 for each in re.findall(r"^`{3,}", text, re.MULTILINE)), 3)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def code(text: str) -> str:
    """Return a text as code inside a line."""
    fence = "``" if "`" in text else "`"
    blank = " " if fence == "``" else ""
    return f"{fence}{blank}{text}{blank}{fence}"


def entry_list(entries: Iterable[Entry], depth: int = 0) -> Iterator[str]:
    """Yield the lines of a list of parameters, those inside others under them."""
    indent = "    " * depth
    for entry in entries:
        default = f" {prose(entry.default.strip())}" if entry.default else ""
        yield f"{indent}- **{code(entry.name)}**: {prose(entry.kind)}{default}"
        if entry.text:
            yield f"\n{indent}    {prose(entry.text)}\n"
        yield from entry_list(entry.inner, depth + 1)


def named_list(entries: Mapping[str, object]) -> str:
    return "\n".join(f"- **{code(name)}**: {prose(str(told))}" for name, told in entries.items())


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; its cells are Markdown."""
    lines = [titles, ["---"] * len(titles), *([cell.replace("\n", " ") for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def link(title: str, path: str, origin: str) -> str:
    """Return a link from the page `origin` to the page `path`, which may end in an anchor."""
    here, there = origin.split("/")[:-1], path.split("/")
    while here and len(there) > 1 and here[0] == there[0]:
        here, there = here[1:], there[1:]
    return f"[{title}]({'/'.join(['..'] * len(here) + there)})"


def joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"
