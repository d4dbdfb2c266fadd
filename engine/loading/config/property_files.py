"""The property files of an application: those of its environment, and those that its flow files name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.expressions.suggestion import did_you_mean
from engine.loading.config.folders import DEFAULT, FOLDER, NAME, environments_in, files_of
from engine.loading.explain import place_of
from engine.loading.files.data import Map, Sequence
from engine.loading.files.document import Document
from engine.loading.files.place import Place
from engine.loading.placeholders import Filler
from engine.loading.properties import Entry, entries_of
from engine.loading.properties_file import SUFFIX, PropertiesFile
from engine.loading.sections import SUFFIXES, NamedEntry, listed, read_file
from engine.parameters.mistake import Mistake, shown
from engine.values.telling import is_telling, told_in


class PropertyFiles:
    """Reads property files; collects their documents, and the mistakes in them."""

    def __init__(self, read: Callable[[Path, type[Document]], Document] = read_file) -> None:
        """read: reads a file."""
        self._read_document = read
        self.mistakes: list[Mistake] = []
        self.documents: list[Document] = []
        self.suspects: set[str] = set()
        """What may be secrets in files with mistakes."""
        self.has_lost_names = False
        """Whether the file of the environment could not be read, so that nobody knows what it has."""

    def _note(self, found: str, expected: str, write: str, place: Place | None) -> None:
        self.mistakes.append(Mistake("F202", found, expected, write, place))

    # Environments

    def of_environment(self, folder: Path | None, name: str) -> dict[str, Entry]:
        """Return the entries of the file of an environment, such as `config/prod.yaml`; none for an empty name.

        folder: that of the files, if there is one. All but `default` need a file.
        """
        files = files_of(folder, name)
        if not files and name not in ("", DEFAULT):
            self._note_unknown(folder, name)
        for file in files[1:]:
            document = Document(str(file), "")
            self.documents.append(document)
            found = f"a second file of the environment '{name}', beside {files[0].name}"
            self._note(found, "one file for an environment", "", document.start())
        entries = self._read(files[0]) if files else {}
        self.has_lost_names |= bool(files) and self.documents[-1].is_unreadable
        return entries

    def _note_unknown(self, folder: Path | None, name: str) -> None:
        folder = folder or Path(FOLDER)
        known = environments_in(folder)
        document = Document(str(folder / f"{name}{SUFFIXES[0]}") if NAME.fullmatch(name) else str(folder), "")
        document.is_missing = self.has_lost_names = True
        self.documents.append(document)
        listing = f"one that has a file: {', '.join(known)}" if known else "a file of that name, of properties"
        self._note(f"no file of the environment {shown(name)}", listing, did_you_mean(name, known), document.start())

    # Files that flow files name

    def named(self, sections: Mapping[str, NamedEntry], filler: Filler) -> dict[str, Entry]:
        """Return the entries of all files under `configuration-properties`, by dotted names.

        sections: what each flow file has there; filler: fills the placeholders in the names of the files.
        """
        properties: dict[str, Entry] = {}
        for flow_file, (value, _, place) in sections.items():
            for entry, entry_place in listed(filler.fill(value), place):
                name = entry.get("file") if isinstance(entry, Map) else None
                if place_of(name) not in filler.unfilled:
                    properties |= self._named(Path(flow_file).parent, name, entry, entry_place)
        return properties

    def _named(self, folder: Path, name: Any, entry: Any, place: Place) -> dict[str, Entry]:
        if not isinstance(name, str):
            write = f"{{file: {entry if isinstance(entry, str) else 'settings.yaml'}}}"
            self._note(f"{shown(entry)} for a property file", "its name under 'file'", write, place)
            return {}
        return self._read(folder / name, name, place_of(name) or place)

    def _read(self, file: Path, name: str = "", place: Place | None = None) -> dict[str, Entry]:
        """Return the entries of a file. name, place: how a flow file names it, and where; empty for nobody."""
        document = self._read_document(file, PropertiesFile if file.name.endswith(SUFFIX) else Document)
        if document.is_missing and place is not None:
            expected = "a YAML file, or one of name=value lines that ends in .properties"
            self._note(f"the property file {shown(name)}, which cannot be read", expected, "", place)
            return {}
        self.documents.append(document)
        self.mistakes += document.mistakes
        entries = self._entries_of(document)
        if document.mistakes or any(each.place and each.place.file == document.file for each in self.mistakes):
            self.suspects.update(told_in(document.text))
        return entries

    def _entries_of(self, document: Document) -> dict[str, Entry]:
        if isinstance(document.data, Map):
            return self.scalars(document.data, Path(document.file).name)
        if document.data is not None:
            is_of_lines = isinstance(document.data, str) and "=" in document.data
            expected = f"a map of names, or a file whose name ends in {SUFFIX}" if is_of_lines else "a map of names"
            place = place_of(document.data) or document.first_place()
            self._note(f"{shown(document.data)} as the whole property file", expected, "", place)
        return {}

    def scalars(self, tree: Map, owner: str) -> dict[str, Entry]:
        """Return the entries by their dotted names; lists are not allowed among them."""
        flat = dict(entries_of(tree))
        for name, entry in flat.items():
            if isinstance(entry.value, Sequence):
                found = f"a list for '{name}' of {owner}"
                self.suspects.update(map(str, entry.value) if is_telling(name) else ())
                self._note(found, "a text, a number, true or false", "", entry.value.place)
        return {name: entry for name, entry in flat.items() if not isinstance(entry.value, Sequence)}


def misspelt(filler: Filler) -> Iterable[Mistake]:
    """Yield a warning for each property of a file that nobody asks for, if its name is close to one that is asked for.

    That one silently has its default: no source from outside has it, and no property file.
    """
    properties = filler.properties
    lacking = [name for name in filler.asked if properties.find(name) is None or properties.is_default(name)]
    for name, entry in properties.files.items():
        if name in filler.asked or properties.entry(name) is not entry:
            continue
        close = did_you_mean(name, (each for each in lacking if not _is_numbering(name, each)), likeness=0.8)
        if close:
            found = f"the property '{name}', for which no placeholder asks"
            yield Mistake("F205", found, f"one that is asked for: '{close}' has its default", close, entry.place)


def _is_numbering(one: str, other: str) -> bool:
    """Return whether two names differ in their digits only."""
    return re.sub(r"[0-9]", "", one) == re.sub(r"[0-9]", "", other)
