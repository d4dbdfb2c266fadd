"""`engine secrets rotate`: the values of property files, encrypted with a new key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from engine.loading.config.encryption import KeyMistake, Undecryptable, decrypt, encrypt, is_encrypted
from engine.loading.diagnostic import Diagnostic, diagnose
from engine.loading.files.data import Map
from engine.loading.files.document import Document
from engine.loading.properties import Entry, as_text, entries_of
from engine.loading.properties_file import SUFFIX, PropertiesFile
from engine.loading.sections import read_file
from engine.parameters.files import read_file as content_of
from engine.parameters.mistake import Mistake
from engine.tools.commands import counted, fail
from engine.tools.configured.encrypting import key_for
from engine.tools.rewriting import rewrite

NEW_KEY = "ENGINE_NEW_KEY"
WRITTEN = re.compile(rb"!\[[^\]]*\]")
"""A value as it stands in a file; YAML may have folded it, and .properties have escaped characters of it."""
NOT_OF_VALUES = re.compile(rb"[\s\\]+")


def rotate_files(files: tuple[Path, ...], key_file: Path | None, new_key_file: Path | None) -> None:
    """Write all files, or, with a mistake in one of them, none."""
    old = key_for(key_file)
    new = key_for(new_key_file, NEW_KEY, "--new-key-file")
    if old == new:
        fail("a new key that is the old one\n  expected: one that `engine secrets key` makes")
    try:
        encrypt("", new)
    except KeyMistake as error:
        fail(f"{error.found} as the new one\n  expected: {error.expected}")
    rotations = [Rotation(file) for file in files]
    mistakes = [str(mistake) for each in rotations for mistake in each.prepare(old, new)]
    if mistakes:
        click.echo("\n".join(mistakes), err=True)
        fail(f"{counted(len(mistakes), 'mistake')}; no file was changed")
    for each in rotations:
        each.write()
        click.echo(f"{each.file}: {counted(each.count, 'value')} encrypted anew")


class Rotation:
    """The new content of a property file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.count = 0
        self._content = b""

    def prepare(self, old: str, new: str) -> Iterator[Diagnostic]:
        """Encrypt its values anew; yield the mistakes."""
        document = read_file(self.file, PropertiesFile if self.file.name.endswith(SUFFIX) else Document)
        yield from (diagnose(mistake, document) for mistake in document.mistakes)
        fresh: dict[bytes, bytes] = {}
        for name, entry in entries_of(document.data) if isinstance(document.data, Map) else ():
            value = as_text(entry.value)
            if is_encrypted(value):
                try:
                    fresh[_bare(value.encode())] = encrypt(decrypt(value, old), new).encode()
                    self.count += 1
                except (KeyMistake, Undecryptable) as error:
                    yield diagnose(_mistake(name, entry, error), document)
        if not document.mistakes:
            self._content = WRITTEN.sub(_replacing(fresh), content_of(self.file))

    def write(self) -> None:
        """Put the new content in the place of the file, as a whole."""
        try:
            rewrite(self.file, self._content)
        except OSError as error:
            fail(f"'{self.file}' cannot be written: {error.strerror}")


def _bare(value: bytes) -> bytes:
    """Return a value without blanks and escapes: it has neither in itself."""
    return NOT_OF_VALUES.sub(b"", value)


def _replacing(fresh: dict[bytes, bytes]) -> Callable[[re.Match[bytes]], bytes]:
    """Return what replaces a value in the file; other texts that look like one stay."""
    return lambda match: fresh.get(_bare(match[0]), match[0])


def _mistake(name: str, entry: Entry, error: KeyMistake | Undecryptable) -> Mistake:
    if isinstance(error, KeyMistake):
        return Mistake("F203", f"{error.found}, for '{name}'", error.expected, place=entry.value_place)
    expected = "a value that was encrypted with the old key, whole"
    return Mistake("F203", f"the value of '{name}', {error}", expected, place=entry.value_place)
