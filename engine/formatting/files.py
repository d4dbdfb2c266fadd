"""Which files are formatted, and what becomes of each."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import unified_diff
from itertools import chain
from pathlib import Path

from engine.formatting.formatter import NotFormatted, styled
from engine.loading.diagnostic import diagnose
from engine.loading.files.data import Map
from engine.loading.files.document import Document
from engine.loading.sections import SECTIONS, SUFFIXES, read_file

OURS = (*SECTIONS, "cases")
"""The keys at the top of flow files and test files."""
ONLY_OURS = ("flows", "sub-flows", "error-handlers", "cases")
"""Those that files of others hardly have: a JSON Schema in YAML has `properties`, too."""
OURS_BEGIN = re.compile(rf"^(?:{'|'.join(ONLY_OURS)})\s*:", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """What formatting a file leads to. told: why it is left alone, if it is."""

    file: str
    before: str
    after: str
    told: tuple[str, ...] = ()

    @property
    def is_changed(self) -> bool:
        return self.before != self.after

    @property
    def diff(self) -> str:
        """The difference as `diff -u` writes it."""
        lines = unified_diff(
            self.before.splitlines(keepends=True), self.after.splitlines(keepends=True), self.file, self.file
        )
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def documents_of(paths: Iterable[Path]) -> Iterator[tuple[Path, Document]]:
    """Yield the files that are named, and the flow files and test files of folders and of the folders in them.

    Each is yielded once.
    """
    seen: set[Path] = set()
    for file, document in chain.from_iterable(map(_documents, paths)):
        if file not in seen:
            seen.add(file)
            yield file, document


def _documents(path: Path) -> Iterator[tuple[Path, Document]]:
    if not os.path.isdir(path):
        yield path, read_file(path)
        return
    found = ((file, read_file(file)) for file in _below(path))
    yield from ((file, document) for file, document in found if is_ours(document))


def _below(folder: Path) -> Iterator[Path]:
    for directory, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(directory, name) for name in sorted(names) if name.endswith(SUFFIXES))


def is_ours(document: Document) -> bool:
    """Return whether a file of a folder has flows or cases, or nothing but sections of ours, as far as it can be read.

    Others may be somebody else's.
    """
    if document.is_unreadable:
        return bool(OURS_BEGIN.search(document.text)) or not document.text
    keys = document.data if isinstance(document.data, Map) else ()
    return any(key in keys for key in ONLY_OURS) or (bool(keys) and all(key in OURS for key in keys))


def format_file(file: Path, document: Document) -> Outcome:
    """Return what becomes of a file, of which this is the document; nothing is written."""
    if document.is_unreadable:
        return Outcome(str(file), "", "", _told(document))
    return format_text(document, file.read_bytes().decode("utf-8"))


def format_text(document: Document, before: str) -> Outcome:
    """Return what becomes of a text. before: with its byte order mark, and the ends of lines that it has."""
    try:
        return Outcome(document.file, before, styled(document))
    except NotFormatted as error:
        told = _told(error.document) if error.mistakes else (f"{document.file}: {error}",)
        return Outcome(document.file, before, before, told)


def _told(document: Document) -> tuple[str, ...]:
    return tuple(str(diagnose(mistake, document)) for mistake in document.mistakes)
