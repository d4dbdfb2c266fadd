"""The pages that people have written: those of docs/, in the order of docs/navigation.yaml."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import yaml

from engine.tools.documented.pages import Page, Section, link

NAVIGATION = "navigation.yaml"
OTHERS = "More"
"""The section of pages that the navigation does not name."""

FENCED = re.compile(r"(^ *(`{3,}).*?^ *\2`*$)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
NAMED_FILE = re.compile(r"^( *```\w+) file=(\S+)$", re.MULTILINE)
"""The head of a block that holds a file, as tests of the pages read it."""

TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
WORD = re.compile(r"(?<![\[`])`([^`\n]+)`(?!`)(?!\])")


def navigation(docs: Path) -> dict[str, list[Path] | None]:
    """Return the sections of the site: a title with the files of its pages, None for a section that is derived."""
    file = docs / NAVIGATION
    told = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else {}
    sections = {title: names and [(docs / name).resolve() for name in names] for title, names in told.items()}
    named = {path for paths in sections.values() for path in paths or ()}
    others = [path for path in _files(docs) if path not in named and path.name != "index.md"]
    return {**sections, **({OTHERS: others} if others else {})}


def _files(docs: Path) -> list[Path]:
    return sorted(path.resolve() for path in docs.rglob("*.md"))


def path_in_site(file: Path, docs: Path) -> str:
    """Return the path of a file's page: that in docs/; of a file elsewhere its name, in small letters."""
    docs = docs.resolve()
    return file.relative_to(docs).as_posix() if file.is_relative_to(docs) else file.name.lower()


def title_of(text: str, otherwise: str) -> str:
    found = TITLE.search(text)
    return found[1].replace("`", "") if found else otherwise


class Texts:
    """Makes pages of files: links between files become links between pages, names of things links to their pages.

    places: the page of each file. words: the page of each word that stands as code in a text, such as `foreach`.
    """

    def __init__(self, places: Mapping[Path, str], words: Mapping[str, str]) -> None:
        self._places = places
        self._words = words

    def page(self, file: Path) -> Page:
        path, text = self._places[file], file.read_text(encoding="utf-8")
        text = NAMED_FILE.sub(r'\1 title="\2"', text)
        return Page(path, title_of(text, file.stem), self.linked(text, file, path))

    def linked(self, text: str, file: Path, path: str) -> str:
        """Return the text of a file for the page at `path`."""

        def relinked(found: re.Match[str]) -> str:
            return self._relinked(found[1], found[2], file, path)

        def named(found: re.Match[str]) -> str:
            there = self._words.get(found[1])
            return link(found[0], there, path) if there and there != path else found[0]

        return _outside_code(text, lambda prose: _outside_links(LINK.sub(relinked, prose), named))

    def _relinked(self, title: str, target: str, file: Path, path: str) -> str:
        """Return a link as it leads on in the site; the title alone if its target is not a page."""
        name, _, anchor = target.partition("#")
        if not name or "://" in target or target.startswith("mailto:"):
            return f"[{title}]({target})"
        there = self._places.get((file.parent / name).resolve())
        return link(title, there + (f"#{anchor}" if anchor else ""), path) if there else title


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    """Return a text in which all but the blocks of code is changed."""
    done, end = [], 0
    for found in FENCED.finditer(text):
        done += [change(text[end : found.start()]), found[0]]
        end = found.end()
    return "".join([*done, change(text[end:])])


def _outside_links(text: str, change: Callable[[re.Match[str]], str]) -> str:
    """Return a text in which the words that stand as code are changed, but for those in titles and links."""
    return "\n".join(line if line.startswith("#") else _changed(line, change) for line in text.split("\n"))


def _changed(line: str, change: Callable[[re.Match[str]], str]) -> str:
    links = [found.span() for found in LINK.finditer(line)]

    def outside(found: re.Match[str]) -> str:
        return found[0] if any(start <= found.start() < end for start, end in links) else change(found)

    return WORD.sub(outside, line)


def sections(docs: Path, texts: Texts, derived: Mapping[str, Section]) -> Iterator[Section]:
    """Yield the sections of the site in their order; derived ones that the navigation does not name come last."""
    told = navigation(docs)
    for title, files in told.items():
        if files is not None:
            yield Section(title, [texts.page(file) for file in files])
        elif title in derived:
            yield derived[title]
    yield from (section for title, section in derived.items() if title not in told)


def places(docs: Path, recipes: Iterable[tuple[Path, str]]) -> dict[Path, str]:
    """Return the page of each file: the files of the navigation, the home page, and recipes."""
    files = [path for paths in navigation(docs).values() for path in paths or ()]
    home = (docs / "index.md").resolve()
    found = {path: path_in_site(path, docs) for path in [*files, *([home] if home.is_file() else [])]}
    return {**found, **dict(recipes)}
