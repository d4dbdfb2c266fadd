"""The sections of all flow files of an application, name by name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from engine.expressions import JMESPATH, LANGUAGES, UNREAD
from engine.expressions.language import Language
from engine.expressions.suggestion import did_you_mean
from engine.expressions.texts import without_mark
from engine.loading.explain import place_of
from engine.loading.files.data import Map, Sequence
from engine.loading.files.document import Document
from engine.loading.files.place import Place
from engine.loading.placeholders import between_placeholders
from engine.parameters.files import read_file as content_of
from engine.parameters.mistake import Mistake, shown

SECTIONS = {
    "configs": "global elements by name, such as http:listener-config, that others name by config-ref",
    "flows": "flows by name: a source, steps, an error handler, limits",
    "sub-flows": "rows of steps by name that run, by flow-ref, as if they stood in their caller",
    "error-handlers": "lists of on-error-* by name, for `error-handler: {ref: NAME}`",
    "configuration": "settings of the whole application",
    "properties": "defaults of placeholders by name; maps may nest: {db: {url: …}} is ${db.url}",
    "configuration-properties": "`file: NAME`, or a list: property files, in YAML or .properties, beside it",
    "expression-language": f"that of this file: {', '.join(LANGUAGES)}, or {{name: jmespath, payloads: unread}}",
}
"""The keys that may be at the top of a flow file, with the type of their values."""
SHARED_NAMES = ("flows", "sub-flows")
SUFFIXES = (".yaml", ".yml")
TEST_SUFFIXES = (".test.yaml", ".test.yml")
PLACEHOLDER_MARK = "\0"
"""Stands for a placeholder in a path: no file has it in its name."""


class NamedEntry(NamedTuple):
    """The value under a name of a section, and the places of the name and of the value."""

    value: Any
    place: Place
    value_place: Place


class Sections:
    """The entries of each section; names are shared by all files, so each may be defined once."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.mistakes: list[Mistake] = []
        self.has_lost_names = False
        self.languages: dict[str, Language] = {}
        """The expression languages of the files that name one."""
        self.unread_languages: set[str] = set()
        """The files that name an unknown one."""
        self._entries: dict[str, dict[str, NamedEntry]] = {name: {} for name in SECTIONS}
        for document in documents:
            self._collect(document)

    def __getitem__(self, section: str) -> dict[str, NamedEntry]:
        return self._entries[section]

    def as_map(self, section: str) -> Map:
        """Return the entries of all files under a section as one map."""
        entries = self._entries[section]
        values = Map(next(iter(entries.values())).place if entries else Place("", 1, 1))
        for name, (value, place, value_place) in entries.items():
            values.put(name, value, place, value_place)
        return values

    @property
    def is_empty(self) -> bool:
        """Whether no file defines anything that could run or be referred to."""
        return not any(self._entries[section] for section in ("configs", "flows", "sub-flows", "error-handlers"))

    def _note(self, code: str, found: str, expected: str, write: str, place: Place | None) -> None:
        self.mistakes.append(Mistake(code, found, expected, write, place))

    def _collect(self, document: Document) -> None:
        data = document.data
        if isinstance(data, Map):
            for section, value in data.items():
                self._section(section, value, data.places[section], document.file)
        elif data is not None:
            expected = "a map with flows, sub-flows, configs …"
            place = place_of(data) or document.first_place()
            self._note("F106", f"{shown(data)} as the whole file", expected, "flows:", place)

    def _section(self, section: str, value: Any, places: tuple[Place, Place], file: str) -> None:
        key_place, place = places
        if section not in SECTIONS:
            section = self._unknown_section(section, key_place)
        if section == "configuration-properties":
            self._add(section, file, value, (place, place))
        elif section == "expression-language":
            self._use_language(value, place, file)
        elif section and isinstance(value, Map):
            for name, inner in value.items():
                self._add(section, name, inner, value.places[name])
        elif section and value is not None:
            write = f"{section}: {{NAME: …}}"
            self._note("F106", f"{shown(value)} under '{section}'", "a map with a name for each entry", write, place)

    def _use_language(self, name: Any, place: Place, file: str) -> None:
        if isinstance(name, Map) and name == {"name": JMESPATH.name, "payloads": UNREAD.payloads}:
            self.languages[file] = UNREAD
            return
        if isinstance(name, str) and name in LANGUAGES:
            self.languages[file] = LANGUAGES[name]
            return
        self.unread_languages.add(file)
        close = did_you_mean(str(name).lower(), LANGUAGES)
        self._note("F106", f"{shown(name)} as the expression-language", " or ".join(LANGUAGES), close, place)

    def _unknown_section(self, section: str, place: Place) -> str:
        """Return the section that was meant, which is read as if it were spelt so; empty if it is unclear."""
        close = did_you_mean(section, SECTIONS)
        self.has_lost_names |= not close
        self._note("F106", f"the unknown section '{section}'", f"one of {', '.join(SECTIONS)}", close, place)
        return close

    def _add(self, section: str, name: str, value: Any, places: tuple[Place, Place]) -> None:
        shared = SHARED_NAMES if section in SHARED_NAMES else (section,)
        first = next((self._entries[other][name].place for other in shared if name in self._entries[other]), None)
        if first is None:
            self._entries[section][name] = NamedEntry(value, *places)
        else:
            found = f"'{name}' a second time under '{section}'"
            self._note("F503", found, f"another name (the first is at {first.file}:{first.line})", "", places[0])


def listed(value: Any, place: Place) -> Iterable[tuple[Any, Place]]:
    """Return the entries of a list, or the one given instead of a list, each with its place."""
    return zip(value, value.places, strict=True) if isinstance(value, Sequence) else [(value, place)]


class Read(Protocol):
    """Reads a file's document. is_given: whether somebody has named it, and not only its folder."""

    def __call__(self, file: Path, *, is_given: bool = False) -> Document: ...


def read_documents(paths: Iterable[str | Path], read: Read | None = None) -> list[Document]:
    """Read the flow files that the paths name, each once: files, and the YAML files of folders.

    Left out are tests, APIs, and the files that flow files name as property files, schemas and other resources.
    read: reads a file, from the disk if left out.
    """
    documents = {document.file: document for path in paths for document in _read_path(Path(path), read or read_file)}
    others = [document for document in documents.values() if not _has_sections(document)]
    flows = [document for document in documents.values() if document not in others]
    names = [name for document in flows for name in _names_of_property_files(document)] if others else []
    named = [document for document in others if _is_property_file(document, names) or _is_resource(document, flows)]
    return [document for document in documents.values() if document not in named]


def _has_sections(document: Document) -> bool:
    return isinstance(document.data, Map) and any(section in document.data for section in SECTIONS)


def _names_of_property_files(document: Document) -> Iterator[re.Pattern[str]]:
    """Yield the paths that its property files may have, whatever the values of their placeholders."""
    for entry, _ in listed(document.data.get("configuration-properties"), document.start()):
        name = entry.get("file") if isinstance(entry, Map) else None
        if isinstance(name, str):
            path = os.path.abspath(Path(document.file).parent / PLACEHOLDER_MARK.join(between_placeholders(name)))
            yield re.compile(".*".join(map(re.escape, path.split(PLACEHOLDER_MARK))))


def _is_property_file(document: Document, names: Iterable[re.Pattern[str]]) -> bool:
    return any(name.fullmatch(os.path.abspath(document.file)) for name in names)


def _is_resource(document: Document, flows: Iterable[Document]) -> bool:
    """Return whether a text of a flow file, or one inside an expression there, is the name of the file."""
    plain = Path(document.file).name
    name = re.compile(rf"(?:^|['\"/]){re.escape(plain)}(?:$|['\"])")
    scalars = (scalar.value for flow in flows for scalar in flow.scalars.values())
    return any(name.search(value) for value in scalars if plain in value)


def _read_path(path: Path, read: Read) -> Iterator[Document]:
    if not os.path.isdir(path):  # Path.is_dir would raise for an invalid name
        yield read(path, is_given=True)
        return
    try:
        files = sorted(file for file in path.iterdir() if is_flow_file(file))
    except OSError as error:
        yield _unreadable(path, f"a folder that cannot be read ({error.strerror})", "a folder of flow files")
        return
    if not files:
        yield _unreadable(path, "a folder without flow files", "files that end in .yaml")
    for file in files:
        document = read(file)
        if not _is_api(document):
            yield document


def is_flow_file(file: Path) -> bool:
    """Return whether a file of a folder is one of its flow files: YAML, and not a test."""
    return file.suffix in SUFFIXES and not file.name.endswith(TEST_SUFFIXES)


def _is_api(document: Document) -> bool:
    """Return whether it describes an API, which an apikit:config of a flow file names."""
    return isinstance(document.data, Map) and "openapi" in document.data


def read_file(file: Path, kind: type[Document] = Document, *, is_given: bool = False) -> Document:
    """Read a file's document, of the kind that reads it; if it cannot be read, that is its mistake.

    is_given: whether it was named on the command line, where it may be a pipe.
    """
    try:
        data = file.read_bytes() if is_given and file.is_fifo() else content_of(file)
    except OSError as error:
        return _unreadable(file, f"a file that cannot be read ({error.strerror})", "a flow file or a folder of them")
    except ValueError:  # a name that no file can have
        return _unreadable(file, "a file that cannot be read", "a flow file or a folder of them")
    return document_of(file, data, kind)


def document_of(file: Path, data: bytes | str, kind: type[Document] = Document) -> Document:
    """Return the document of a file's content, as it is on the disk or in an editor."""
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        return _not_utf_8(file, error.object[: error.start])
    text = without_mark(text).replace("\r\n", "\n").replace("\r", "\n")
    return kind(str(file), text, f"{file.absolute().parent.name}/{file.name}")


def _not_utf_8(file: Path, before: bytes) -> Document:
    line, column = before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode("utf-8")) + 1
    place = Place(str(file), line, column)
    return _unreadable(file, "a byte that is no UTF-8", "text in UTF-8", place)


def _unreadable(path: Path, found: str, expected: str, place: Place | None = None) -> Document:
    document = Document(str(path), "")
    document.is_missing = place is None
    document.mistakes.append(Mistake("F100", found, expected, place=place or document.start()))
    return document
