"""The names of a site, kept between requests: only files that changed are read again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.editor.names.file_names import file_names
from engine.editor.names.mention import FileNames, Mention
from engine.editor.names.property_names import names_of_project, names_of_properties, property_files
from engine.editor.names.site_names import Names
from engine.editor.site import Site
from engine.editor.spans import Span
from engine.loading.files.document import Document, TextFile
from engine.loading.project import FILE
from engine.loading.sections import read_file

NO_NAMES = FileNames()


class Index:
    """The names of one site."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._read: dict[Path, tuple[Document, FileNames]] = {}
        self._beside: dict[Path, tuple[int, FileNames]] = {}
        self._names: tuple[list[FileNames], Names] | None = None

    def names(self) -> Names:
        """Return the names of all files as they are now; of one that cannot be read, as they were before."""
        documents = [self.site.parsed(path) for path in self.site.all_files()]
        files = [self._file(document) for document in documents]
        files += [self._property_file(path) for path in property_files(documents)]
        files.append(self._project_file())
        if self._names is None or [*map(id, self._names[0])] != [*map(id, files)]:
            self._names = files, Names(files)
        return self._names[1]

    def document(self, path: Path) -> Document:
        """Return the newest readable document of a file of the site, or any other file's text."""
        return self.site.parsed(path) if self.site.has(path) else read_file(path, TextFile)

    def broken(self) -> list[Path]:
        """Return the files that cannot be read as they are now."""
        return [path for path in self.site.all_files() if self.site.document(path).is_unreadable]

    def span(self, mention: Mention) -> Span:
        path = Path(mention.place.file)
        start = self.document(path).offset_of(mention.place)
        return Span(path, start, start + mention.length)

    def at(self, path: Path, offset: int) -> Mention | None:
        """Return the name before, in or behind which a character of a file is."""
        place = self.document(path).place_at(offset)
        return self.names().at(path, place.line, place.column)

    def _file(self, document: Document) -> FileNames:
        path = Path(document.file)
        known = self._read.get(path)
        if known is None or known[0] is not document:
            self._read[path] = known = document, file_names(document, self.site.catalog)
        return known[1]

    def _property_file(self, path: Path) -> FileNames:
        return self._once(path, lambda: names_of_properties(path))

    def _project_file(self) -> FileNames:
        project = self.site.project
        if project.folder is None:
            return NO_NAMES
        return self._once(project.folder / FILE, lambda: names_of_project(project.folder, project.properties))

    def _once(self, path: Path, read: Callable[[], FileNames]) -> FileNames:
        """Return the names of a file on disk, read again if it was written."""
        changed = path.stat().st_mtime_ns if path.is_file() else 0
        if self._beside.get(path, (None,))[0] != changed:
            self._beside[path] = changed, read()
        return self._beside[path][1]
