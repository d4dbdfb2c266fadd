"""The files of a package: flows with all that lies beside them, configuration, and elements of one's own."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.loading.project import FILE, SECTION
from engine.parameters.files import read_file
from engine.tools.commands import Given
from engine.tools.packaged.left_out import files_in, reason_against_content, reason_of

CONFIG = "config"
"""The folder of the project with its configuration."""


class PackageError(Exception):
    """A package that cannot be made; the message says why."""


@dataclass
class Contents:
    """What a package holds: files by their path in it, and the paths of what was left out, each with the reason."""

    files: dict[str, bytes] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def add(self, path: Path, name: str) -> None:
        """Add a file, or the files of a folder, under a path in the package."""
        found = files_in(path) if path.is_dir() else [(path, "")]
        for file, reason in found:
            self._add_file(file, f"{name}/{file.relative_to(path).as_posix()}" if path.is_dir() else name, reason)

    def _add_file(self, file: Path, name: str, reason: str) -> None:
        content = b""
        if not reason:
            try:
                content = read_file(file)
                reason = reason_against_content(content)
            except (OSError, ValueError) as error:
                reason = reason_of(error)
        if reason:
            self.left_out[name] = reason
        else:
            self.files[name] = content


def contents_of(known: Given, name: str) -> Contents:
    """Return the files of a package of that name, its settings among them. Raise PackageError."""
    contents, places = Contents(), _places(known)
    for place, path in places.items():
        # A flow file may name any file of its folder.
        contents.add(path if path.is_dir() else path.parent, place if path.is_dir() else os.path.dirname(place))
    own = dict(own_packages(known))
    for place, path in own.items():
        contents.add(path, place)
    for folder in known.folders:
        if (folder / CONFIG).is_dir():
            contents.add(folder / CONFIG, CONFIG)
    contents.files[FILE] = settings(name, places, known).encode()
    return contents


def _places(known: Given) -> dict[str, Path]:
    """Return the flow files and folders by their paths in the package, which are those in the project."""
    places: dict[str, Path] = {}
    for path in (Path(each).absolute() for each in known.paths):
        root = next((each for each in known.folders if path != each and path.is_relative_to(each)), None)
        if root is None:
            root = path.parent if path.is_dir() else path.parent.parent
        place = path.relative_to(root).as_posix()
        if places.setdefault(place, path) != path:
            raise PackageError(f"'{places[place]}' and '{path}' would both be '{place}' in the package; rename one")
    return places


def own_packages(known: Given) -> Iterator[tuple[str, Path]]:
    """Yield the packages of elements that are not installed, each with its place: where its name can be imported."""
    for name in dict.fromkeys(package.partition(".")[0] for package in known.processors):
        spec = importlib.util.find_spec(name)
        folders = list(spec.submodule_search_locations or ()) if spec else []
        path = Path(folders[0] if folders else spec.origin or "") if spec else Path()
        if path.exists() and not is_installed(path):
            yield name if folders else f"{name}.py", path


def is_installed(path: Path) -> bool:
    """Return whether a module lies where installers put it."""
    return any(part in ("site-packages", "dist-packages") for part in path.parts)


def settings(name: str, paths: Iterable[str], known: Given) -> str:
    """Return the project file of a package."""
    lines = [f"# Made by `engine package`.\n{SECTION}", f"name = {_toml(name)}", f"paths = {_toml(list(paths))}"]
    if known.processors:
        lines.append(f"processors = {_toml(list(known.processors))}")
    if known.project:
        lines.append(
            f"set = {{ {', '.join(f'{_toml(key)} = {_toml(value)}' for key, value in known.project.items())} }}"
        )
    return "\n".join([*lines, ""])


def _toml(value: str | list[str]) -> str:
    """Return a value for TOML, whose texts are those of JSON, but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def told(left_out: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each reason, with the files that were left out for it."""
    for reason in dict.fromkeys(left_out.values()):
        names = [name for name, other in left_out.items() if other == reason]
        yield f"left out, {reason}: {', '.join(names)}"
