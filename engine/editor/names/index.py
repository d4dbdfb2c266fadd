"""The names of a site, kept between requests: only files that changed are read again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from engine.editor.names.file_names import file_names
from engine.editor.names.mention import FileNames, Mention
from engine.editor.names.property_names import names_of_project, names_of_properties, property_files
from engine.editor.names.site_names import Names
from engine.editor.spans import Span, as_loaded
from engine.loading.catalog import Catalog
from engine.loading.files.document import Document, TextFile
from engine.loading.project import FILE, Project
from engine.loading.sections import read_file


NO_NAMES = FileNames()


class Source(Protocol):
    """A text as the editor has it."""

    @property
    def source(self) -> str: ...


class Site(Protocol):
    """What is known of an application: its files as the editor has them, its elements."""

    @property
    def folder(self) -> Path: ...
    @property
    def project(self) -> Project: ...
    @property
    def catalog(self) -> Catalog: ...
    @property
    def texts(self) -> Mapping[Path, Source]: ...


class _Read(NamedTuple):
    """A file as it was last read. document: the newest that is YAML; is_newest: whether it is that of the source."""

    source: str
    document: Document
    names: FileNames
    is_newest: bool


class Index:
    """The names of one site."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._read: dict[Path, _Read] = {}
        self._beside: dict[Path, tuple[int, FileNames]] = {}
        self._names: tuple[list[FileNames], Names] | None = None

    def names(self) -> Names:
        """Return the names of all files as they are now."""
        files = [self._file(path).names for path in self.site.texts]
        documents = [self._file(path).document for path in self.site.texts]
        files += [self._property_file(path) for path in property_files(documents)]
        files.append(self._project_file())
        if self._names is None or [*map(id, self._names[0])] != [*map(id, files)]:
            self._names = files, Names(files)
        return self._names[1]

    def document(self, path: Path) -> Document:
        """Return the newest readable document of a file of the site, or any other file's text."""
        return self._file(path).document if path in self.site.texts else read_file(path, TextFile)

    def broken(self) -> list[Path]:
        """Return the files that cannot be read as they are now."""
        return [path for path in self.site.texts if not self._file(path).is_newest]

    def span(self, mention: Mention) -> Span:
        path = Path(mention.place.file)
        start = self.document(path).offset_of(mention.place)
        return Span(path, start, start + mention.length)

    def at(self, path: Path, offset: int) -> Mention | None:
        """Return the name before or behind which a character of a file is."""
        place = self.document(path).place_at(offset)
        return self.names().at(path, place.line, place.column)

    def _file(self, path: Path) -> _Read:
        source, last = self.site.texts[path].source, self._read.get(path)
        if last is None or last.source != source:
            document = Document(str(path), as_loaded(source))
            is_newest = document.data is not None or not document.mistakes
            if is_newest or last is None:
                last = _Read(source, document, file_names(document, self.site.catalog), is_newest)
            else:
                last = last._replace(source=source, is_newest=False)
            self._read[path] = last
        return last

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
