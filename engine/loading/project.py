"""The project file: `[tool.engine]` of a pyproject.toml counts as if it were written on the command line."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from engine.expressions.suggestion import did_you_mean
from engine.expressions.texts import text_of
from engine.loading.properties import as_text, flatten
from engine.parameters.files import read_file

FILE = "pyproject.toml"
SECTION = "[tool.engine]"
LISTS = {"paths": "flow files and folders", "processors": "packages", "databases": "URLs"}
"""The keys that hold lists, and the type of their entries; `set` holds properties, `name` a text."""

EXAMPLES = {
    "paths": '["flows"]', "processors": '["shop"]', "databases": '["postgresql://user@host/postgres"]',
    "set": '{ "db.url" = "sqlite:///shop.db" }', "name": '"shop"',
}  # fmt: skip


class ProjectError(Exception):
    """A project file with a mistake; the message says where, and gives the correct text."""


@dataclass(frozen=True)
class Project:
    """The settings of a project for all commands; the command line wins over it.

    folder: the folder of its file; None if there is no file. paths: the flows of commands that name none. processors:
    packages of elements, found from the folder. properties: as `--set` has them. databases: servers on which tests make
    databases of their own. name: of the application that its paths make, if the `configuration` there gives it none.
    """

    folder: Path | None = None
    paths: tuple[Path, ...] = ()
    processors: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    databases: tuple[str, ...] = ()
    name: str = ""

    @classmethod
    def of(cls, paths: Iterable[str | Path] = ()) -> Project:
        """Return the project of some flows: the nearest file upwards from the first, or here. Raise ProjectError."""
        first = Path(next(iter(paths), ".")).absolute()
        return next((project for folder in (first, *first.parents) if (project := _in(folder)) is not None), cls())

    def find_packages(self) -> None:
        """Make packages importable that lie in its folder, or in the one in which the engine was started."""
        folders = [str(folder) for folder in (self.folder, Path.cwd()) if folder]
        sys.path += [folder for folder in dict.fromkeys(folders) if folder not in sys.path]

    def flows(self, paths: Iterable[str | Path]) -> list[Path]:
        """Return the flow files and folders meant: the project's own for none, and for the project's folder."""
        given = [Path(path) for path in paths]
        if not given:
            return [as_named(path) for path in self.paths]
        return [path for each in given for path in (self._of_folder(each) if os.path.isdir(each) else [each])]

    def name_of(self, flows: Iterable[str | Path]) -> str:
        """Return the name of an application: the project's if it consists of the project's own flows; else none."""
        return self.name if {*map(os.path.abspath, flows)} == {*map(os.path.abspath, self.paths)} else ""

    def _of_folder(self, folder: Path) -> list[Path]:
        is_own = self.folder is not None and self.paths and folder.resolve() == self.folder.resolve()
        return [folder / path.relative_to(self.folder) for path in self.paths] if is_own and self.folder else [folder]


def as_named(path: Path) -> Path:
    """Return the path as a person would name it from here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def forget_projects() -> None:
    """Have project files read again."""
    _in.cache_clear()


@cache
def _in(folder: Path) -> Project | None:
    """Return the project of a folder; None if it has no file, or one without our section."""
    file = folder / FILE
    if not os.path.isfile(file):  # unlike open, it accepts a name that no file can have
        return None
    try:
        document = tomllib.loads(text_of(read_file(file)))
    except (OSError, ValueError) as error:
        raise ProjectError(f"{as_named(file)} cannot be read: {error}") from None
    section = document.get("tool", {}).get("engine") if isinstance(document.get("tool", {}), dict) else None
    return None if section is None else _read(file, section)


def _read(file: Path, section: Any) -> Project:
    if not isinstance(section, dict):
        raise _mistake(file, f"{section!r} for {SECTION}", "a table", "")
    for key in section:
        if key not in EXAMPLES:
            raise _mistake(
                file, f"the unknown key '{key}'", f"one of {', '.join(EXAMPLES)}", did_you_mean(key, EXAMPLES)
            )
    lists = {key: _list(file, key, section.get(key, [])) for key in LISTS}
    folder = file.parent
    paths = tuple(folder / path for path in lists["paths"])
    properties, name = _properties(file, section), _name(file, section.get("name", ""))
    return Project(folder, paths, lists["processors"], properties, lists["databases"], name)


def _list(file: Path, key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _mistake(file, f"{value!r} for '{key}'", f"a list of {LISTS[key]}", f"{key} = {EXAMPLES[key]}")
    return tuple(value)


def _name(file: Path, value: Any) -> str:
    if not isinstance(value, str):
        raise _mistake(file, f"{value!r} for 'name'", "a text", f"name = {EXAMPLES['name']}")
    return value


def _properties(file: Path, section: Mapping[str, Any]) -> dict[str, str]:
    """Return the properties by their dotted names, however deep the tables are nested."""
    given = section.get("set", {})
    if not isinstance(given, dict):
        raise _mistake(file, f"{given!r} for 'set'", "a table of properties", f"set = {EXAMPLES['set']}")
    flat = flatten(given)
    for name, value in flat.items():
        if not isinstance(value, (str, int, float, bool)):
            raise _mistake(file, f"{value!r} for the property '{name}'", "a text, a number, true or false", "")
    return {name: as_text(value) for name, value in flat.items()}


def _mistake(file: Path, found: str, expected: str, write: str) -> ProjectError:
    told = f"{as_named(file)}: {found} under {SECTION}\n  expected: {expected}"
    return ProjectError(f"{told}\n  write: {write}" if write else told)
