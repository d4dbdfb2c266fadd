"""The folders and files of the editor, and to which application each file belongs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.editor.site import Site
from engine.editor.texts import Change, Text, uri_of
from engine.limits import LARGEST_FILE
from engine.loading.config.folders import project_of
from engine.loading.project import Project
from engine.parameters.files import read_file

OF_FLOWS = re.compile(
    r"^(flows|sub-flows|error-handlers|[\"'](?:flows|sub-flows|error-handlers)[\"'])\s*:", re.MULTILINE
)
"""What only a flow file has: other YAML files in a workspace are nobody's flows."""


class Workspace:
    """Texts that are open in the editor, and the sites around them."""

    def __init__(self, roots: Iterable[Path] = ()) -> None:
        self.roots = list(roots)
        self.opened: dict[Path, Text] = {}
        self.sites: dict[tuple[Path, ...], Site] = {}

    # Files

    def open(self, path: Path, uri: str, source: str, version: int | None) -> Site:
        """Note that the editor has a file, and return its site."""
        self.opened[path] = Text(path, uri, source, version)
        site = self.site_of(path)
        site.update(path)
        return site

    def change(self, path: Path, changes: Iterable[Change], version: int | None) -> Site:
        """Apply changes, one after another. Raise KeyError for a file that is not open."""
        text = self.opened[path]
        for change in changes:
            text = text.changed(change, version)
        self.opened[path] = text
        site = self.site_of(path)
        site.update(path)
        return site

    def close(self, path: Path) -> Site:
        """Note that the file is again what the disk has."""
        self.opened.pop(path, None)
        site = self.site_of(path)
        site.update(path)
        return site

    def changed_on_disk(self, paths: Iterable[Path]) -> list[Site]:
        """Note that files were written, made or removed; return the sites that may have changed."""
        sites = list({id(site): site for path in paths for site in self._touched(path)}.values())
        for site in sites:
            site.refresh()
        return sites

    def _touched(self, path: Path) -> Iterator[Site]:
        for site in self.sites.values():
            if path in site.texts or path.is_relative_to(site.folder):
                yield site

    def read(self, path: Path) -> Text | None:
        """Return the text of a file, as the editor or the disk has it; None if there is none."""
        if path in self.opened:
            return self.opened[path]
        try:
            content = read_file(path)
        except (OSError, ValueError):
            return None
        return (
            Text(path, uri_of(path), content.decode("utf-8", errors="replace"))
            if len(content) <= LARGEST_FILE
            else None
        )

    # Sites

    def site_of(self, path: Path) -> Site:
        """Return the application of a file: its project's, if the project file names it, else that of its folder."""
        project = project_of(str(path))
        paths = project.paths if _is_among(path, project) else (path.parent,)
        if paths not in self.sites:
            self.sites[paths] = Site(project, paths, self.read)
        return self.sites[paths]


def _is_among(path: Path, project: Project) -> bool:
    """Return whether a project names a file or its folder."""
    return any(path == each or path.parent == each for each in project.paths)
