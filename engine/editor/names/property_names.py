"""Properties that files beside the flow files define: property files, and the project file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from engine.editor.names.mention import PROPERTY, FileNames, Mention
from engine.editor.names.places import Found, mention
from engine.loading.config.folders import KINDS, folder_of, project_of
from engine.loading.files.data import Map, Sequence
from engine.loading.files.document import Document
from engine.loading.files.place import Place
from engine.loading.placeholders import between_placeholders
from engine.loading.project import FILE
from engine.loading.properties import entries_of
from engine.loading.properties_file import SUFFIX, PropertiesFile
from engine.loading.sections import listed, read_file


def property_files(documents: Iterable[Document]) -> list[Path]:
    """Return the files with properties of an application: those of environments, and those that its files name."""
    documents = list(documents)
    files = [file for document in documents for file in _named(document)]
    first = next((document.file for document in documents), None)
    folder = folder_of(project_of(first), first) if first else None
    files += sorted(file for file in folder.iterdir() if file.suffix in KINDS) if folder else []
    return list(dict.fromkeys(file.absolute() for file in files))


def _named(document: Document) -> Iterator[Path]:
    """Yield the files under `configuration-properties`; a placeholder in a name stands for any characters."""
    data, folder = document.data, Path(document.file).parent
    entries = data.get("configuration-properties") if isinstance(data, Map) else None
    for entry, _ in listed(entries, document.start()):
        name = entry.get("file") if isinstance(entry, Map) else None
        if isinstance(name, str) and name:
            parts = between_placeholders(name)
            found = folder.glob("*".join(map(_literal, parts))) if len(parts) > 1 else [folder / name]
            yield from (file for file in found if file.is_file())


def _literal(text: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", text).lstrip("/")


def names_of_properties(file: Path) -> FileNames:
    """Return the properties that a property file defines."""
    is_of_lines = file.name.endswith(SUFFIX)
    document = read_file(file, PropertiesFile if is_of_lines else Document)
    if not isinstance(document.data, Map):
        return FileNames()
    made = (_in_lines(document, name) if is_of_lines else None for name in document.data)
    if is_of_lines:
        return FileNames([each for each in made if each])
    entries = entries_of(document.data)
    return FileNames(
        [_in_map(document, name, entry.place) for name, entry in entries if not isinstance(entry.value, Sequence)]
    )


def _in_map(document: Document, name: str, place: Place) -> Mention:
    """Return the definition at the last part of a dotted name, which may have dots itself."""
    scalar = document.scalars[place.line, place.column]
    last = mention(document, PROPERTY, Found(scalar.value, place))
    return _defining(last, name)


def _in_lines(document: Document, name: str) -> Mention | None:
    place: Place = document.data.places[name][0]
    column = document.lines[place.line - 1].find(name)
    place = Place(place.file, place.line, column + 1)
    return None if column < 0 else _defining(Mention(PROPERTY, name, place, len(name)), name)


def _defining(mention: Mention, name: str) -> Mention:
    return Mention(PROPERTY, name, mention.place, mention.length, is_definition=True, style=mention.style)


def names_of_project(folder: Path | None, properties: Mapping[str, str]) -> FileNames:
    """Return the properties that the project file sets, as far as their names stand there with all their parts."""
    if folder is None or not properties:
        return FileNames()
    lines = read_file(folder / FILE).lines
    found = (_in_project(folder / FILE, name, lines) for name in properties)
    return FileNames([each for each in found if each])


def _in_project(file: Path, name: str, lines: list[str]) -> Mention | None:
    pattern = re.compile(rf"(?<![\w.-])(?P<quote>[\"']?){re.escape(name)}(?P=quote)\s*=")
    for number, line in enumerate(lines, 1):
        if match := pattern.search(line):
            place = Place(str(file), number, match.end("quote") + 1)
            return Mention(PROPERTY, name, place, len(name), is_definition=True)
    return None
