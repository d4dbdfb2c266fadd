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
    """What a package holds: files by their path in it, and the paths of what was left out, each with the reason.

    without: folders that are no part of another one.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    without: frozenset[Path] = frozenset()

    def add(self, path: Path, name: str) -> None:
        """Add a file, or the files of a folder, under a path in the package."""
        found = files_in(path, self.without) if path.is_dir() else [(path, "")]
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


def contents_of(known: Given, name: str, out: Path) -> Contents:
    """Return the files of a package of that name, its settings among them. Raise PackageError.

    out: the folder of packages, which are not part of one.
    """
    contents = Contents(without=frozenset([*sources(known).values(), Path(os.path.abspath(out))]))
    for place, path in sources(known).items():
        contents.add(path, place)
    contents.files[FILE] = settings(name, flow_paths(known), known).encode()
    return contents


def sources(known: Given) -> dict[str, Path]:
    """Return the files and folders that a package is made of, by their paths in it. Raise PackageError."""
    flows = {  # of a flow file its folder: it may name any file of it
        place if path.is_dir() else os.path.dirname(place): path if path.is_dir() else path.parent
        for place, path in flow_paths(known).items()
    }
    found = {**flows, **dict(own_packages(known))}
    if configuration := next((path for folder in known.folders if (path := folder / CONFIG).is_dir()), None):
        found[CONFIG] = configuration
    return found


def flow_paths(known: Given) -> dict[str, Path]:
    """Return the flow files and folders by their paths in a package, which are those in the project."""
    places: dict[str, Path] = {}
    for path in (Path(os.path.abspath(each)) for each in known.paths):
        folder = path if path.is_dir() else path.parent
        roots = (each for each in known.folders if folder != each and folder.is_relative_to(each))
        place = path.relative_to(next(roots, folder.parent)).as_posix()
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
