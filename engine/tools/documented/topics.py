"""The pages of `engine explain` and `engine limits`: files, mistakes, bounds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from engine.limits import LIMITS, Limit
from engine.manual.explaining import PAGES
from engine.manual.explaining import Section as Told
from engine.manual.mistakes import MistakePage
from engine.manual.mistakes import pages as mistake_pages
from engine.tools.documented.pages import Page, Section, block, code, entry_list, joined, link, named_list, prose, table

MISTAKES = "reference/mistakes"
FILES = "reference/files"
LANGUAGES = {".yaml": "yaml", ".yml": "yaml", ".py": "python", ".json": "json", ".toml": "toml"}


def files_section() -> Section:
    """Return a page for each kind of file, with the text of `engine explain flow-file` and its like."""
    return Section("Files", [Page(f"{FILES}/{topic}.md", topic, _file_page(topic)) for topic in PAGES])


def _file_page(topic: str) -> str:
    return joined([f"# {topic}", *(part for section in PAGES[topic]() for part in _told(section))])


def _told(section: Told) -> Iterator[str]:
    if section.title:
        yield f"## {prose(section.title.rstrip(':'))}"
    yield prose(section.text)
    yield named_list(section.names)
    yield "\n".join(entry_list(section.parameters))
    if section.example:
        yield block(section.example)


def mistakes_section() -> Section:
    """Return a page for each code, with the text of `engine explain CODE`."""
    found, path = mistake_pages(), f"{MISTAKES}/index.md"
    rows = [(link(code(name), path_of(name), path), prose(each.means)) for name, each in found.items()]
    index = joined(["# Mistakes", "Each mistake that is reported has a code.", table(["code", "meaning"], rows)])
    return Section("Mistakes", [Page(path, "Mistakes", index), *map(_mistake_page, found.values())])


def path_of(name: str) -> str:
    return f"{MISTAKES}/{name}.md"


def _mistake_page(page: MistakePage) -> Page:
    parts = [f"# {page.code}", prose(page.means)]
    for title, text in page.sections():
        name = title.rstrip(":").rpartition(" ")[2]
        language = next((each for suffix, each in LANGUAGES.items() if name.endswith(suffix)), "text")
        parts += [f"## {title.rstrip(':')}", block(text, language)]
    return Page(path_of(page.code), page.code, joined(parts))


def limits_page() -> Page:
    """Return the page of all bounds."""
    parts = ["# Limits", "Bounds on what callers, upstreams and payloads may cost, as `engine limits` prints them."]
    for heading, limits in groupby(LIMITS, key=lambda limit: limit.group):
        parts += [f"## {heading}", table(["what", "bound", "beyond", "why", "set by"], map(_row, limits))]
    return Page("reference/limits.md", "Limits", joined(parts))


def _row(limit: Limit) -> list[str]:
    amount = f"{limit.value:,} {limit.unit}"
    return [prose(text) for text in (limit.subject, amount, limit.beyond, limit.reason, limit.parameter)]


def codes() -> list[str]:
    return list(mistake_pages())
