"""The gallery: its recipes, and those that wait for something that the engine does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

PACKAGE = Path(__file__).parents[2]
"""The folder of the package `engine`."""

README = "README.md"
WAITING = "waiting.yaml"
HEAD = re.compile(r"# (?P<title>.+)\n\n(?P<problem>(?:.+\n)+)")
"""A README begins with its title, and the problem in one sentence."""


def home() -> Path:
    """Return the folder of the gallery: a part of the installed package, or that of the repository."""
    installed = PACKAGE / "gallery"
    return installed if installed.is_dir() else PACKAGE.parent / "flows" / "gallery"


@dataclass(frozen=True)
class Recipe:
    """A small application in a folder of the gallery: `retry/exponential-backoff` is named exponential-backoff."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def folder(self) -> str:
        """Its kind, such as `retry`."""
        return self.path.parent.name

    @cached_property
    def readme(self) -> str:
        return (self.path / README).read_text(encoding="utf-8")

    @cached_property
    def title(self) -> str:
        return self._head["title"]

    @cached_property
    def problem(self) -> str:
        """The problem that it solves: a sentence on one line."""
        return " ".join(self._head["problem"].split())

    @cached_property
    def _head(self) -> re.Match[str]:
        found = HEAD.match(self.readme)
        assert found, f"{self.path / README} does not begin with a title and a sentence"
        return found

    def files(self) -> Iterator[Path]:
        """Yield the files of the application by their paths in its folder; not its README, nor what runs left there."""
        for file in sorted(self.path.rglob("*")):
            place = file.relative_to(self.path)
            is_left = any(part.startswith((".", "__")) for part in place.parts) or ".db" in file.suffix
            if file.is_file() and not is_left and place.as_posix() != README:
                yield place


@dataclass(frozen=True)
class Waiting:
    """A recipe that cannot be written yet. waits_for: what the engine lacks; until_then: what helps meanwhile."""

    name: str
    folder: str
    waits_for: str
    until_then: str


def recipes() -> list[Recipe]:
    """Return all recipes, by folder and name."""
    return [Recipe(readme.parent) for readme in sorted(home().glob(f"*/*/{README}"))]


def waiting() -> list[Waiting]:
    """Return the recipes that wait, by folder and name."""
    file = home() / WAITING
    entries = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
    found = [
        Waiting(name, folder, entry["waits-for"], entry["until-then"])
        for folder, several in (entries or {}).items()
        for name, entry in several.items()
    ]
    return sorted(found, key=lambda each: (each.folder, each.name))
