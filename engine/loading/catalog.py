"""The catalog of elements: packages are searched by file name, classes imported when they are needed."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from engine.installed import entry_points
from engine.parameters.element import Element, raised_types
from engine.steps.processor import Processor
from engine.values.errors import CONNECTIVITY, KNOWN_TYPES, RETRY_EXHAUSTED, ErrorType, error_type

ENTRY_POINTS = "engine.processors"
NAMELESS = "core"
"""The folder whose elements have no namespace, as Mule's core elements have none."""


@dataclass(frozen=True)
class ElementEntry:
    """An element: its name, and the module that holds its class."""

    name: str
    module: str

    def load(self) -> type[Element]:
        """Import the class. Raise CatalogError if that fails, or if the module does not hold exactly one element."""
        try:
            module = importlib.import_module(self.module)
        except (Exception, SystemExit) as error:  # a script that was put there may end with sys.exit
            told = f"it ends with {error!r}" if isinstance(error, SystemExit) else error
            raise BrokenModule(f"the module {self.module} cannot be imported: {told}") from error
        own = [
            value
            for value in vars(module).values()
            if inspect.isclass(value) and issubclass(value, Element) and value.__module__ == self.module
            and not value.__name__.startswith("_")
        ]  # fmt: skip
        named = [value for value in own if value.__name__ == _class_name(self.module)] or own
        if len(named) != 1:
            raise CatalogError(f"the module {self.module} holds {len(own)} elements; one class a file is expected")
        if issubclass(named[0], Processor) and not named[0].runs():
            raise BrokenModule(f"the class {named[0].__name__} of {self.module} has neither run, run_plain nor code")
        return named[0]


class CatalogError(Exception):
    """A package of elements that cannot be used as one."""


class BrokenModule(CatalogError):
    """A module that cannot be imported, or whose element cannot run."""


class Catalog:
    """Element name → class. A value: made by `discover`, handed to the loader."""

    def __init__(self, entries: Iterable[ElementEntry]) -> None:
        self._entries = {entry.name: entry for entry in entries}
        self._loaded: dict[str, type[Element]] = {}

    def names(self) -> list[str]:
        return sorted(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __getitem__(self, name: str) -> type[Element]:
        if name not in self._loaded:
            self._loaded[name] = self._entries[name].load()
        return self._loaded[name]

    def elements(self) -> Iterator[tuple[str, type[Element]]]:
        """Return all elements by name; a file without an element class (a helper of the package) is left out."""
        return ((name, found) for name, found in self._tried() if not isinstance(found, CatalogError))

    def broken(self) -> Iterator[BrokenModule]:
        """Return why some of the elements are not among `elements`: their modules cannot be imported."""
        return (found for _, found in self._tried() if isinstance(found, BrokenModule))

    def _tried(self) -> Iterator[tuple[str, type[Element] | CatalogError]]:
        """Yield each name with its class, or with the reason why there is none."""
        for name in self.names():
            try:
                yield name, self[name]
            except CatalogError as error:
                yield name, error

    def error_types(self) -> dict[str, ErrorType]:
        """Return all types by name: those that need no element, and those that elements declare, ancestors included."""
        return self._all_types

    @cached_property
    def _all_types(self) -> dict[str, ErrorType]:
        return _declared(element for _, element in self.elements())

    def loaded_error_types(self) -> dict[str, ErrorType]:
        """Return those that need no element, and those that elements in use declare: mostly they are enough."""
        return _declared(self._loaded.values())


def _declared(elements: Iterable[type[Element]]) -> dict[str, ErrorType]:
    """Return the declared types. Each connector has its RETRY_EXHAUSTED, even if no element declares it."""
    raised = [ancestor for element in elements for each in raised_types(element) for ancestor in each.lineage]
    connectors = [each.namespace for each in raised if each.identifier == CONNECTIVITY.identifier]
    raised += [error_type(f"{namespace}:{RETRY_EXHAUSTED.identifier}") for namespace in connectors]
    return KNOWN_TYPES | {str(each): each for each in raised}


def discover(packages: Iterable[str] = ()) -> Catalog:
    """Return the catalog of the packages given, after those of the entry point group `engine.processors`.

    A package's element files: `set_payload.py` is `set-payload`, `db/insert.py` is `db:insert`; the folder `core` and
    the package itself have no namespace; a file that starts with `_` is not an element. A later package may replace an
    element. Raise CatalogError for a package that cannot be found.
    """
    installed = [point.value for point in entry_points(ENTRY_POINTS)]
    return Catalog(entry for package in [*installed, *packages] for entry in _entries(package))


def _entries(package: str) -> Iterator[ElementEntry]:
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise CatalogError(f"there is no package '{package}' to import")
    if spec.submodule_search_locations is None:
        yield ElementEntry(_local_name(package.rpartition(".")[2]), package)
        return
    for location in spec.submodule_search_locations:
        yield from _files(Path(location), package, "")


def _files(folder: Path, package: str, namespace: str) -> Iterator[ElementEntry]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(("_", ".")):
            continue
        if path.is_dir():
            inner = "" if path.name == NAMELESS else f"{path.name}:"
            yield from _files(path, f"{package}.{path.name}", namespace + inner)
        elif path.suffix == ".py":
            yield ElementEntry(namespace + _local_name(path.stem), f"{package}.{path.stem}")


def _local_name(stem: str) -> str:
    return stem.rstrip("_").replace("_", "-")


def _class_name(module: str) -> str:
    return "".join(part.capitalize() for part in module.rpartition(".")[2].split("_"))
