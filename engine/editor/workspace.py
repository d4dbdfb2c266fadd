"""The folders and files of the editor, and to which application each file belongs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import RLock

from engine.editor.files import Files
from engine.editor.site import Site, below
from engine.editor.texts import Change, Text
from engine.loading.config.folders import project_of
from engine.loading.project import FILE, Project, forget_projects
from engine.loading.sections import is_flow_file
from engine.testing.files.choosing import is_test_file
from engine.testing.files.suite import TestFile

MOST_PROJECTS = 50
"""How many projects of a folder are looked at before somebody opens a file of theirs."""


class Workspace:
    """Texts that are open in the editor, and the sites around them. roots: its folders."""

    def __init__(self, roots: Iterable[Path] = ()) -> None:
        self.roots = list(roots)
        self.files = Files()
        self.sites: dict[tuple[Path, ...], Site] = {}
        self._making = RLock()
        """Held by whoever makes sites: projects are found in another thread than the one that opens files."""

    @property
    def opened(self) -> dict[Path, Text]:
        return self.files.opened

    # Files

    def open(self, path: Path, uri: str, source: str, version: int | None) -> Site | None:
        """Note that the editor has a file, and return its site; None for a file that is none of an application's."""
        self.opened[path] = Text(path, uri, source, version)
        return self.site_with(path)

    def change(self, path: Path, changes: Iterable[Change], version: int | None) -> Site | None:
        """Apply changes, one after another, and return the file's site. Raise KeyError for a file that is not open."""
        text = self.opened[path]
        for change in changes:
            text = text.changed(change, version)
        self.opened[path] = text
        return self.site_with(path)

    def close(self, path: Path) -> Site | None:
        """Note that the file is again what the disk has."""
        self.opened.pop(path, None)
        return self.site_with(path)

    def changed_on_disk(self, paths: Iterable[Path]) -> list[Site]:
        """Note that files were written, made or removed; return the sites that may have changed."""
        paths = list(paths)
        if any(path.name == FILE for path in paths):
            return self._again()
        sites = [site for site in self.sites.values() if any(_concerns(path, site) for path in paths)]
        for site in sites:
            site.refresh(is_whole=any(is_test_file(path) or not path.suffix for path in paths))
            if not all(is_flow_file(path) or is_test_file(path) for path in paths):
                site.checker.forget_outside()
        return sites

    def _again(self) -> list[Site]:
        """Make all sites anew: a project file has changed."""
        with self._making:
            forget_projects()
            before, self.sites = self.sites, {}
            kept = [site for paths in before for path in paths[:1] if (site := self.site_with(_within(path)))]
        return list(dict.fromkeys(kept))

    def set_roots(self, added: Iterable[Path], removed: Iterable[Path]) -> None:
        """Note that folders came and went; sites of files that are still open stay."""
        gone = set(removed)
        self.roots = [*(root for root in self.roots if root not in gone), *added]
        with self._making:
            opened = [self.site_with(path) for path in self.opened]
            self.sites = {
                paths: site
                for paths, site in self.sites.items()
                if site in opened or any(site.folder.is_relative_to(root) for root in self.roots)
            }

    def contains(self, path: Path) -> bool:
        """Return whether a file may be written: it is in a folder of the workspace, whichever links lead to it."""
        real = Path(os.path.realpath(path))
        folders = [Path(os.path.realpath(folder)) for folder in (*self.roots, *self._opened_alone())]
        return any(real.is_relative_to(folder) for folder in folders)

    def _opened_alone(self) -> Iterator[Path]:
        """Yield the folders of sites whose files were opened from outside of the workspace."""
        for site in self.sites.values():
            if not any(site.folder.is_relative_to(root) for root in self.roots):
                yield site.folder

    # Sites

    def site_with(self, path: Path) -> Site | None:
        """Return the application that a change of a file may concern; None, if that is none."""
        if is_flow_file(path) or is_test_file(path):
            return self.site_of(path)
        if path.name == FILE:
            return None
        return next((site for site in self.sites.values() if _concerns(path, site)), None)

    def site_of(self, path: Path) -> Site:
        """Return the application of a file: its project's, if the project file names it, else that of its folder.

        A test file belongs to the flows that it tests.
        """
        if is_test_file(path):
            path = self._tested_by(path)
        project = project_of(str(path))
        paths = project.paths if _is_among(path, project) else (path.parent,)
        with self._making:
            if paths not in self.sites:
                self.sites = {**self.sites, paths: Site(project, paths, self.files)}  # others may look through it
            return self.sites[paths]

    def _tested_by(self, path: Path) -> Path:
        """Return the first flow file that a test file tests; itself, if it tests those beside it."""
        files = TestFile(self.files.document(path)).settings.get("files")
        first = str(files[0]) if isinstance(files, list) and files else ""
        named = Path(os.path.abspath(path.parent / first)) if first and "\0" not in first else path
        return named / "_.yaml" if os.path.isdir(named) else named

    def find_projects(self) -> Iterator[Site]:
        """Yield the applications that project files of the roots name."""
        for root in self.roots:
            for file in below(root, lambda path: path.name == FILE, MOST_PROJECTS):
                project = project_of(str(file))
                if project.paths and project.folder == file.parent:
                    yield self.site_of(_within(project.paths[0]))


def _within(path: Path) -> Path:
    """Return a path that stands for any file of a folder."""
    return path / "_.yaml" if os.path.isdir(path) else path


def _is_among(path: Path, project: Project) -> bool:
    """Return whether a project names a file or its folder."""
    return any(path == each or path.parent == each for each in project.paths)


def _concerns(path: Path, site: Site) -> bool:
    """Return whether a change of a file may be one of a site: it is in its folder, or one of its files."""
    return path.is_relative_to(site.folder) or any(path.is_relative_to(each) for each in site.paths) or site.has(path)
