"""The Python modules of a project: a reload imports them anew if one of their files has changed."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from importlib import invalidate_caches
from importlib.util import cache_from_source, find_spec
from pathlib import Path
from types import MappingProxyType, ModuleType

from engine.installed import entry_points
from engine.loading.catalog import ENTRY_POINTS
from engine.parameters.files import FileState, state_of


class Modules:
    """The modules that an application has imported from folders of its project.

    packages: those of elements. folders: those in which functions of flows are found. before: the states that files had
    before they were imported; of others, that of now is taken.
    """

    def __init__(
        self, packages: Iterable[str], folders: Iterable[Path], before: Mapping[str, FileState] = MappingProxyType({})
    ) -> None:
        named = {str(folder) for folder in (Path.cwd(), *folders, *map(Path, _homes(packages)))}
        self._folders = tuple(folder.rstrip(os.sep) + os.sep for folder in named | set(map(os.path.realpath, named)))
        self._states = {name: before.get(file) or state_of(file) for name, file in self._files()}

    def _files(self) -> Iterator[tuple[str, str]]:
        """Yield the names of the project's modules that are imported, with their files."""
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if file and file.startswith(self._folders) and not _is_installed(name, file):
                yield name, file

    @property
    def have_changed(self) -> bool:
        """Whether the file of one of them was written since they were imported."""
        now = {name: state_of(file) for name, file in self._files()}
        return any(state != self._states.get(name, state) for name, state in now.items())

    @contextmanager
    def anew(self) -> Iterator[list[str]]:
        """Forget the modules within the context if one has changed; if it ends with an error, have them again.

        Yields their names. Whoever has an object of them keeps it as it is.
        """
        names = [name for name, _ in self._files()] if self.have_changed else []
        taken = {name: sys.modules.pop(name) for name in names}
        for module in taken.values():
            _drop_stale_bytecode(module)
        if self._states:
            invalidate_caches()
        try:
            yield names
        except BaseException:
            if taken:
                _put_back(taken, [name for name, _ in self._files()])
            raise


def _homes(packages: Iterable[str]) -> Iterator[str]:
    """Yield the folders of packages."""
    for package in packages:
        with suppress(ImportError, ValueError):
            spec = find_spec(package)
            yield from (spec.submodule_search_locations or ()) if spec else ()


def _is_installed(name: str, file: str) -> bool:
    """Return whether a module is one of the engine, or of what is installed: a reload leaves those as they are."""
    folders, packages = _installed()
    return name.partition(".")[0] in packages or os.path.realpath(file).startswith(folders)


@cache
def _installed() -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the folders and the packages of what is installed."""
    paths = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders = {os.path.realpath(path) + os.sep for path in paths}
    packages = (each.value.partition(".")[0] for each in entry_points(ENTRY_POINTS))
    return tuple(folders), frozenset({"__main__", "engine", *packages})


def _drop_stale_bytecode(module: ModuleType) -> None:
    """Remove the compiled form of a module: Python would take it for one written in the same second, as large."""
    with suppress(OSError, NotImplementedError):
        os.unlink(cache_from_source(module.__file__ or ""))


def _put_back(taken: Mapping[str, ModuleType], imported: Iterable[str]) -> None:
    for name in imported:
        del sys.modules[name]
    sys.modules.update(taken)
    for name, module in taken.items():  # an import makes a module an attribute of its package
        package, _, own = name.rpartition(".")
        if package in sys.modules:
            setattr(sys.modules[package], own, module)
