"""The site as a whole: the written pages, the gallery, and the reference that is derived from the code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from engine.loading.catalog import Catalog
from engine.tools.documented import command_line, elements, functions, topics
from engine.tools.documented.gallery import gallery_section, recipes
from engine.tools.documented.pages import Page, Section, joined, link
from engine.tools.documented.written import Texts, places, sections

HOME = "index.md"
REFERENCE = "reference/index.md"


@dataclass(frozen=True)
class Sources:
    """What a site is made of. docs: the folder of the written pages. gallery: the folder of the recipes.

    name: the title of the site; if it is empty, that of its home page.
    """

    name: str
    docs: Path
    gallery: Path
    catalog: Catalog
    main: click.Group


@dataclass(frozen=True)
class Site:
    """The pages of a site: its home, and all others in their sections."""

    name: str
    home: Page
    sections: tuple[Section, ...]

    def pages(self) -> Iterator[Page]:
        yield self.home
        for section in self.sections:
            yield from section.pages()


def site_of(sources: Sources) -> Site:
    """Return the site with all its pages."""
    reference = _reference(sources)
    found = places(sources.docs, recipes(sources.gallery))
    texts = Texts(found, _words(sources))
    gallery = gallery_section(sources.gallery, texts)
    derived = {each.title: each for each in (gallery, reference) if each is not None}
    written = tuple(sections(sources.docs, texts, derived))
    home = (sources.docs / HOME).resolve()
    page = texts.page(home) if home in found else _home(sources.name or Path.cwd().name, written)
    return Site(sources.name or page.title, page, written)


def _reference(sources: Sources) -> Section:
    parts: list[Section | Page] = [
        elements.elements_section(sources.catalog), functions.functions_section(), functions.dataweave_section(),
        elements.errors_section(sources.catalog), topics.mistakes_section(),
        command_line.commands_section(sources.main), topics.files_section(), topics.limits_page(),
    ]  # fmt: skip
    return Section("Reference", [_list_of("Reference", REFERENCE, parts), *parts])


def _home(name: str, written: tuple[Section, ...]) -> Page:
    """Return the home page of a site whose docs/ have none."""
    return _list_of(name, HOME, written)


def _list_of(title: str, path: str, parts: list[Section | Page] | tuple[Section, ...]) -> Page:
    first = {each.title: each if isinstance(each, Page) else next(each.pages()) for each in parts}
    links = (f"- {link(name, page.path, path)}" for name, page in first.items())
    return Page(path, title, joined([f"# {title}", "\n".join(links)]))


def _words(sources: Sources) -> dict[str, str]:
    """Return the page of each word that the written pages link to: elements, commands, codes of mistakes, recipes."""
    named = {name: elements.path_of(name) for name, _ in sources.catalog.elements()}
    commands = {f"engine {name}": command_line.path_of(name) for name in sources.main.commands}
    codes = {code: topics.path_of(code) for code in topics.codes()}
    found = {place.removeprefix("gallery/").removesuffix(".md"): place for _, place in recipes(sources.gallery)}
    return {**found, **codes, **commands, **named}
