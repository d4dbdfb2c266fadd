"""Makes HTML of a site by MkDocs with the theme Material: the only module that knows them."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine.tools.documented.pages import Page, Section
from engine.tools.documented.site import Site

MARK = ".engine-docs"
"""The file that marks a folder as a site: such a folder may be written anew."""

WORKER = "iframe-worker.js"
"""Has the search work in pages that are opened from a disk, where browsers have no workers."""

ASSETS = (WORKER, "iframe-worker.LICENSE", "site.css", "site.js")
FEATURES = [
    "navigation.tabs", "navigation.indexes", "navigation.prune", "navigation.top", "navigation.footer", "toc.follow",
    "search.highlight", "search.suggest", "content.code.copy",
]  # fmt: skip
EXTENSIONS = ["tables", "sane_lists", "pymdownx.highlight", "pymdownx.superfences"]


UNSEARCHED = "---\nsearch:\n  exclude: true\n---\n"
"""The head of a page that the search leaves out: a list of pages, each of which is found by itself."""

FIRST = "---\nsearch:\n  boost: 2\n---\n"
"""The head of a page that the search puts before others: an element, or a page that tells how to do something."""

BEHIND = ("reference/", "gallery/", "changelog.md")


class SiteError(Exception):
    """A site that cannot be made."""


def generate(site: Site, out: Path) -> None:
    """Write a site as HTML into a folder. Raise SiteError if that holds something else, or if a link leads nowhere."""
    if out.exists() and not (out.is_dir() and ((out / MARK).exists() or not any(out.iterdir()))):
        raise SiteError(f"'{out}' holds something else than a site; name an empty folder, or a new one")
    with TemporaryDirectory() as folder:
        made = Path(folder) / "site"
        _build(site, Path(folder) / "docs", made)
        (made / MARK).write_text("Written by `engine docs build`.\n", encoding="utf-8")
        if out.exists():
            shutil.rmtree(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(made, out)


def _build(site: Site, docs: Path, out: Path) -> None:
    from mkdocs.commands.build import build
    from mkdocs.exceptions import MkDocsException

    _write(site.pages(), docs)
    found = _Warnings()
    logger = logging.getLogger("mkdocs")
    logger.propagate = False
    logger.addHandler(found)
    try:
        build(_configuration(site, docs, out))
    except MkDocsException as error:
        raise SiteError(str(error)) from error
    finally:
        logger.removeHandler(found)
    if found.messages:
        raise SiteError("\n".join(found.messages))


class _Warnings(logging.Handler):
    """Collects what MkDocs warns of, such as links that lead nowhere."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def _write(pages: Iterable[Page], docs: Path) -> None:
    for page in pages:
        path = docs / page.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_head(page) + page.text, encoding="utf-8")
    assets = docs / "assets"
    assets.mkdir()
    for name in ASSETS:
        assets.joinpath(name).write_bytes(resources.files(__package__).joinpath("assets", name).read_bytes())


def _configuration(site: Site, docs: Path, out: Path) -> Any:
    from mkdocs.config.defaults import MkDocsConfig
    from pymdownx.slugs import slugify

    config = MkDocsConfig()
    toc = {"permalink": True, "slugify": slugify(case="lower")}
    config.load_dict(
        {
            "site_name": site.name, "docs_dir": str(docs), "site_dir": str(out),
            "nav": [{"Home": site.home.path}, *map(_nav, site.sections)], "use_directory_urls": False,
            "theme": _theme(), "extra": {"polyfills": [f"assets/{WORKER}"]},
            "plugins": {"search": {"separator": r"[\s\-,:=\[\]()\"/]+|\.(?!\d)"}, "offline": {}},
            "extra_css": ["assets/site.css"], "extra_javascript": ["assets/site.js"],
            "markdown_extensions": [*EXTENSIONS, {"toc": toc}],
            "validation": {"links": {"anchors": "warn", "absolute_links": "warn", "unrecognized_links": "warn"}},
        }
    )  # fmt: skip
    errors, warnings = config.validate()
    if errors or warnings:
        raise SiteError("\n".join(f"{key}: {told}" for key, told in [*errors, *warnings]))
    return config


def _theme() -> dict[str, Any]:
    """Return the settings of the theme: light or dark as the system has it, until somebody chooses."""

    def palette(media: str, scheme: dict[str, str], icon: str, name: str) -> dict[str, Any]:
        return {**scheme, "media": media, "toggle": {"icon": f"material/{icon}", "name": name}}

    light = {"scheme": "default", "primary": "indigo", "accent": "indigo"}
    dark = {"scheme": "slate", "primary": "indigo", "accent": "indigo"}
    palettes = [
        palette("(prefers-color-scheme)", {}, "brightness-auto", "Switch to light"),
        palette("(prefers-color-scheme: light)", light, "brightness-7", "Switch to dark"),
        palette("(prefers-color-scheme: dark)", dark, "brightness-4", "Switch to the system's colours"),
    ]
    return {"name": "material", "font": False, "features": FEATURES, "palette": palettes, "language": "en"}


def _nav(entry: Section | Page) -> Any:
    if isinstance(entry, Page):
        return {entry.title: entry.path}
    inside = (each.path if isinstance(each, Page) and _is_index(each) else _nav(each) for each in entry.entries)
    return {entry.title: list(inside)}


def _head(page: Page) -> str:
    """Return what tells the search about a page; nothing if the page has such a head of its own."""
    if _is_list(page):
        return UNSEARCHED
    first = page.path.startswith("reference/elements/") or not page.path.startswith(BEHIND)
    return FIRST if first and not page.text.startswith("---") else ""


def _is_index(page: Page) -> bool:
    return page.path.endswith("index.md")


def _is_list(page: Page) -> bool:
    return page.path.startswith("reference/") and _is_index(page)
