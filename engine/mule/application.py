"""The files of a Mule application."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from engine.mule.maven import project_in
from engine.mule.xml.reader import LARGEST

MULE = Path("src/main/mule")
RESOURCES = Path("src/main/resources")
TESTS = Path("src/test/munit")
TEST_RESOURCES = Path("src/test/resources")
LEFT_OUT = re.compile(r"(?:.*/)?(?:log4j2?(?:-test)?\.xml|application-types\.xml|\.DS_Store|\.gitkeep|\.gitignore)")
MOST_FILES = 20_000
STANDARD_INPUT = "-"


class NoApplication(Exception):
    """Something that cannot be imported. As text: the reason."""


@dataclass
class Application:
    """A Mule application. flows, tests: XML by the names of the files; resources: their names, with their paths."""

    name: str
    flows: dict[str, bytes] = field(default_factory=dict)
    tests: dict[str, bytes] = field(default_factory=dict)
    resources: dict[str, Path] = field(default_factory=dict)
    test_resources: dict[str, Path] = field(default_factory=dict)
    libraries: list[str] = field(default_factory=list)
    """Plug-ins that its pom.xml names and that are not MuleSoft's: shared flows, modules, APIs of a company."""

    project: dict[str, str] = field(default_factory=dict)
    """Properties that Maven fills in when it builds the application, such as `project.version`."""

    def read(self, name: str) -> bytes | None:
        """Return a resource; None if there is none of that name."""
        path = self.resources.get(name)
        return content(path) if path else None


def content(path: Path) -> bytes | None:
    """Return a regular file of a usual size; None for any other."""
    try:
        return path.read_bytes() if path.is_file() and path.stat().st_size <= LARGEST else None
    except OSError:
        return None


def application_in(path: Path) -> Application:
    """Return the application of a folder, or of one XML file. Raise NoApplication."""
    if path.is_file():
        data = content(path)
        if data is None:
            raise NoApplication(f"'{path}' cannot be read, or has more than {LARGEST} bytes")
        return Application(path.stem, {path.name: data})
    if not path.is_dir():
        raise NoApplication(f"'{path}' is neither a folder nor a file")
    folder = path / MULE if (path / MULE).is_dir() else path
    flows = _xml_in(folder)
    if not flows:
        if (path / "src/main/app").is_dir():
            raise NoApplication(
                f"'{path}' is an application of Mule 3; the Mule Migration Assistant makes one of Mule 4 of it"
            )
        raise NoApplication(f"'{path}' has no XML files in {MULE}")
    tests, resources = _xml_in(path / TESTS), _files_in(path / RESOURCES)
    project, test_resources = project_in(path), _files_in(path / TEST_RESOURCES)
    name = project.name or path.resolve().name
    return Application(name, flows, tests, resources, test_resources, list(project.libraries()), project.properties)


def applications_in(path: Path) -> list[Path]:
    """Return the folders of the applications in a workspace."""
    found = sorted(
        each.parents[2] for each in path.rglob("src/main/mule") if each.is_dir() and "target" not in each.parts
    )
    return [each for each in found if any((each / MULE).rglob("*.xml"))]


def _xml_in(folder: Path) -> dict[str, bytes]:
    found = {}
    for name, path in _files_in(folder).items():
        if path.suffix == ".xml" and (data := content(path)) is not None:
            found[name] = data
    return found


def _files_in(folder: Path) -> dict[str, Path]:
    """Return the files in a folder, by their names from there on; links out of it are left out."""
    if not folder.is_dir():
        return {}
    found: dict[str, Path] = {}
    for path in _walk(folder, folder.resolve()):
        if len(found) >= MOST_FILES:
            raise NoApplication(f"'{folder}' has more than {MOST_FILES} files")
        found[path.relative_to(folder).as_posix()] = path
    return found


def _walk(folder: Path, root: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path, root)
        elif path.is_file() and path.resolve().is_relative_to(root):
            name = path.relative_to(folder).as_posix()
            if not LEFT_OUT.fullmatch(name):
                yield path
