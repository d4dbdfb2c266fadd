"""The sections of all flow files of an application, name by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from engine.core.mistake import Mistake
from engine.expressions.suggestion import did_you_mean
from engine.loading.document import Document, Map, Sequence
from engine.loading.explain import shown
from engine.loading.place import Place
from engine.loading.properties import flatten

SECTIONS = (
    "configs", "flows", "sub-flows", "error-handlers", "configuration", "properties", "configuration-properties",
)  # fmt: skip
SHARED_NAMES = ("flows", "sub-flows")
SUFFIXES = (".yaml", ".yml")
TEST_SUFFIXES = (".test.yaml", ".test.yml")


class Entry(NamedTuple):
    """What stands under a name of a section, and where the name stands."""

    value: Any
    place: Place


class Sections:
    """The entries of each section; names are shared by all files, so each may be defined once."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.mistakes: list[Mistake] = []
        self._entries: dict[str, dict[str, Entry]] = {name: {} for name in SECTIONS}
        for document in documents:
            self._collect(document)

    def __getitem__(self, section: str) -> dict[str, Entry]:
        return self._entries[section]

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
            self._note("F106", shown(data), expected, "flows:", document.start())

    def _section(self, section: str, value: Any, places: tuple[Place, Place], file: str) -> None:
        key_place, place = places
        if section not in SECTIONS:
            close = did_you_mean(section, SECTIONS)
            self._note("F106", f"the unknown section '{section}'", f"one of {', '.join(SECTIONS)}", close, key_place)
        elif section == "configuration-properties":
            self._add(section, file, value, place)
        elif isinstance(value, Map):
            for name, inner in value.items():
                self._add(section, name, inner, value.places[name][0])
        elif value is not None:
            self._note("F106", f"{shown(value)} under '{section}'", "a map of names", "", place)

    def _add(self, section: str, name: str, value: Any, place: Place) -> None:
        shared = SHARED_NAMES if section in SHARED_NAMES else (section,)
        first = next((self._entries[other][name].place for other in shared if name in self._entries[other]), None)
        if first is None:
            self._entries[section][name] = Entry(value, place)
        else:
            found = f"'{name}' a second time under '{section}'"
            self._note("F503", found, f"another name (the first is at {first.file}:{first.line})", "", place)

    # Properties

    def property_defaults(self) -> dict[str, Any]:
        return {name: entry.value for name, entry in self["properties"].items()}

    def property_files(self) -> dict[str, Any]:
        """The entries of all files under `configuration-properties`, by dotted names."""
        properties: dict[str, Any] = {}
        for flow_file, (value, place) in self["configuration-properties"].items():
            for entry in value if isinstance(value, Sequence) else [value]:
                properties |= self._property_file(Path(flow_file).parent, entry, place)
        return properties

    def _property_file(self, folder: Path, entry: Any, place: Place) -> dict[str, Any]:
        name = entry.get("file") if isinstance(entry, Map) else None
        if not isinstance(name, str):
            self._note("F202", shown(entry), "the file of the properties", "{file: settings.yaml}", place)
            return {}
        document = read_file(folder / name)
        for mistake in document.mistakes:
            self._note("F202", f"the property file '{name}': {mistake.found}", mistake.expected, "", place)
        return flatten(document.data)


def read_documents(paths: Iterable[str | Path]) -> list[Document]:
    """The flow files that the paths name: files, and the YAML files of folders, tests left out."""
    return [document for path in paths for document in _read_path(Path(path))]


def _read_path(path: Path) -> Iterator[Document]:
    if not path.is_dir():
        yield read_file(path)
        return
    files = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES and not file.name.endswith(TEST_SUFFIXES))
    if not files:
        yield _unreadable(path, "a folder without flow files", "files that end in .yaml")
    for file in files:
        yield read_file(file)


def read_file(file: Path) -> Document:
    """A file's document; one that cannot be read has that as its mistake."""
    short = f"{file.absolute().parent.name}/{file.name}"
    try:
        return Document(str(file), file.read_text(encoding="utf-8-sig"), short)
    except UnicodeDecodeError as error:
        return _unreadable(file, f"bytes that are no UTF-8, at offset {error.start}", "text in UTF-8")
    except OSError as error:
        return _unreadable(file, f"a file that cannot be read ({error.strerror})", "a flow file or a folder of them")


def _unreadable(path: Path, found: str, expected: str) -> Document:
    document = Document(str(path), "")
    document.mistakes.append(Mistake("F100", found, expected, place=document.start()))
    return document
