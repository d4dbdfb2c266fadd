"""The packages of elements that a project has: found, imported, and imported anew when they change."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from engine.loading.catalog import CatalogError, discover
from engine.loading.modules import Modules
from engine.loading.project import Project
from engine.parameters.element import Element
from engine.parameters.files import FileState, state_of

MOST_FILES = 2000
States = dict[str, FileState]


class Packages:
    """The catalog of a project; of the installed elements alone, if its packages cannot be found."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.measure = False
        """Whether an element of theirs measures something: its names may be wrong ones."""
        self.problem = ""
        """Why the packages cannot be used; empty if they can."""
        self._states: States = {}
        self._modules: Modules | None = None
        self._count = 0
        self.catalog = discover()
        if project.processors:
            self._find()

    def refresh(self) -> bool:
        """Import them anew if their files have changed. Return whether they have."""
        if self._modules is None or not (self._modules.have_changed or self._states != _states(self._project)):
            if not self._project.processors or not self.problem:
                return False
            before = self.problem
            self._find()
            return self.problem != before
        with self._modules.anew():
            self._find()
        return True

    def note_functions(self, folders: tuple[Path, ...]) -> None:
        """Note the modules that flows have imported by now, for their functions."""
        if self._count != len(sys.modules):  # else nothing was imported since
            self._count = len(sys.modules)
            self._modules = Modules(self._project.processors, folders, self._states)

    def _find(self) -> None:
        self.problem = ""
        self._project.find_packages()
        self._forget_others()
        self._states = _states(self._project)  # before they are imported: what is written meanwhile is a change
        try:
            self.catalog = discover(self._project.processors)
        except (CatalogError, ImportError, SyntaxError, ValueError) as error:
            self.problem, self.catalog = str(error), discover()
        except (Exception, SystemExit) as error:  # of a package that is imported to be found
            self.problem, self.catalog = f"{type(error).__name__}: {error}", discover()
        else:
            elements = list(self.catalog.elements())  # imported while their folder is the one in which they are found
            self.measure = any(map(self._is_measuring, elements))
        self._modules = Modules(self._project.processors, (), self._states)

    def _is_measuring(self, named: tuple[str, type[Element]]) -> bool:
        element = named[1]
        is_own = element.__module__.startswith(tuple(f"{package}." for package in self._project.processors))
        return is_own and element.measure is not Element.measure

    def _forget_others(self) -> None:
        """Forget packages of the same names that belong to another project, and look here first."""
        folder = str(self._project.folder)
        sys.path[:] = [folder, *(path for path in sys.path if path != folder)]
        for name in self._project.processors:
            top = name.partition(".")[0]
            file = getattr(sys.modules.get(top), "__file__", None) or ""
            is_others = (Path(folder) / top).exists() and not file.startswith(folder + os.sep)
            for module in [each for each in sys.modules if is_others and f"{each}.".startswith(f"{top}.")]:
                del sys.modules[module]


def _states(project: Project) -> States:
    """Return the states of the Python files of the packages."""
    return {file: state for file in _files(project) if (state := state_of(file))}


def _files(project: Project) -> Iterator[str]:
    count = 0
    for folder in _folders(project):
        for at, _, names in os.walk(folder):
            for name in names:
                if name.endswith(".py") and (count := count + 1) <= MOST_FILES:
                    yield os.path.join(at, name)


def _folders(project: Project) -> Iterator[str]:
    for package in project.processors:
        with suppress(ImportError, ValueError, SyntaxError):
            spec = find_spec(package)
            yield from (spec.submodule_search_locations or ()) if spec else ()
