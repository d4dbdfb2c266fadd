"""The pages of recipes: what each solves, with its flow files and its tests."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import yaml

from engine.tools.documented.pages import Page, Section, block, code, joined, link, prose, table
from engine.tools.documented.written import Texts, title_of

FOLDER = "gallery"
README = "README.md"
WAITING = "waiting.yaml"
LANGUAGES = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".py": "python", ".sql": "sql", ".md": "markdown"}
LONGEST_FILE = 50_000
"""Characters: longer files of a recipe are not shown."""


def recipes(folder: Path) -> list[tuple[Path, str]]:
    """Return the page of each recipe: of FOLDER/NAME/README.md the page gallery/FOLDER/NAME.md."""
    found = sorted(path.resolve() for path in folder.glob(f"*/*/{README}"))
    pages = [(path, f"{FOLDER}/{path.parent.parent.name}/{path.parent.name}.md") for path in found]
    index = (folder / README).resolve()
    return [*([(index, f"{FOLDER}/index.md")] if index.is_file() else []), *pages]


def gallery_section(folder: Path, texts: Texts) -> Section | None:
    """Return a section for each folder of recipes; None if there are no recipes."""
    found = [(path, place) for path, place in recipes(folder) if path.parent != folder.resolve()]
    if not found:
        return None
    grouped = groupby(found, key=lambda each: each[0].parent.parent.name)
    sections = [Section(name, [_recipe(path, texts) for path, _ in each]) for name, each in grouped]
    return Section("Gallery", [_index(folder, texts, sections), *sections])


def _recipe(readme: Path, texts: Texts) -> Page:
    page = texts.page(readme)
    files = sorted((path for path in readme.parent.rglob("*") if _is_shown(path)), key=_order)
    shown = [part for path in files for part in _file(path, readme.parent)]
    return Page(page.path, page.title, joined([page.text.rstrip(), "## Files", *shown]))


def _is_shown(path: Path) -> bool:
    return path.suffix in LANGUAGES and path.name != README and path.stat().st_size <= LONGEST_FILE


def _order(path: Path) -> tuple[bool, bool, str]:
    """The flow file that is named as the recipe is, then the others, the tests last."""
    return path.name.endswith(".test.yaml"), path.stem != path.parent.name, path.name


def _file(path: Path, folder: Path) -> Iterator[str]:
    yield f"### {path.relative_to(folder).as_posix()}"
    yield block(path.read_text(encoding="utf-8"), LANGUAGES[path.suffix])


def _index(folder: Path, texts: Texts, sections: list[Section]) -> Page:
    """Return the page of the gallery: what it is, what stands in it, what waits."""
    path, readme = f"{FOLDER}/index.md", (folder / README).resolve()
    text = texts.page(readme).text if readme.is_file() else "# Gallery\n"
    about, *rest = text.rstrip().split("\n## ")
    parts = [about]
    for section in sections:
        rows = ((link(page.title, page.path, path), _problem(page)) for page in section.pages())
        parts += [f"## {section.title}", table(["recipe", "problem"], rows)]
    return Page(path, title_of(text, "Gallery"), joined([*parts, *_waiting(folder), *(f"## {each}" for each in rest)]))


def _problem(page: Page) -> str:
    """Return the first paragraph of a recipe, which is the problem that it solves."""
    return " ".join(page.text.split("\n\n")[1].split()) if "\n\n" in page.text else ""


def _waiting(folder: Path) -> Iterator[str]:
    file = folder / WAITING
    told = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else None
    if told:
        rows = (
            (code(f"{group}/{name}"), prose(str(each.get("waits-for", ""))), prose(str(each.get("until-then", ""))))
            for group, names in told.items()
            for name, each in names.items()
        )
        yield "## Waiting"
        yield table(["recipe", "waits for", "until then"], rows)
