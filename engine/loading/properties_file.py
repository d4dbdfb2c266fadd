"""Files of `name=value` lines, as Java's Properties.load reads them, in UTF-8.

https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Properties.html#load(java.io.Reader)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from engine.loading.files.data import Map
from engine.loading.files.document import Document
from engine.loading.files.place import Place
from engine.parameters.mistake import Mistake
from engine.parameters.text import Text

SUFFIX = ".properties"
BLANKS = " \t\f"
ENTRY = re.compile(r"(?P<name>(?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*(?P<value>.*)", re.DOTALL)
ESCAPE = re.compile(r"\\(?:u(?P<code>[0-9a-fA-F]{4})|(?P<character>.?))", re.DOTALL)
CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


class PropertiesFile(Document):
    """A property file of names and texts; a name may have dots, as `db.url`."""

    def _read(self) -> None:
        self.data = Map(self.start())
        for number, line in _logical_lines(self.text.split("\n")):
            self._entry(line, replace(self.start(), line=number))

    def _entry(self, line: str, place: Place) -> None:
        entry = ENTRY.fullmatch(line)
        assert entry  # any line is one
        try:
            name, value = _unescaped(entry["name"]), _unescaped(entry["value"])
        except ValueError as error:
            self.mistakes.append(Mistake("F202", str(error), r"\u and the four digits of a character", place=place))
            return
        if name in self.data:
            expected = f"one '{name}' here (the first is in line {self.data.places[name][0].line})"
            self.mistakes.append(Mistake("F103", f"the name '{name}' a second time", expected, place=place))
        self.data.put(name, Text(value, place), place)


def _logical_lines(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not comments, each with its number; one ending in a backslash goes on in the next."""
    rest = iter(enumerate(lines, 1))
    for number, line in rest:
        line = line.lstrip(BLANKS)
        if not line or line[0] in "#!":
            continue
        while _goes_on(line):
            _, more = next(rest, (0, ""))
            line = line[:-1] + more.lstrip(BLANKS)
        yield number, line


def _goes_on(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _unescaped(text: str) -> str:
    """Return the text without its backslashes. Raise ValueError for a \\u that names no character."""
    if "\\" not in text:
        return text
    plain = ESCAPE.sub(_character, text)
    try:
        return plain.encode("utf-16", "surrogatepass").decode("utf-16")  # two escapes may be one character
    except UnicodeDecodeError:
        raise ValueError(r"a '\u' that is half of a character") from None


def _character(escape: re.Match[str]) -> str:
    if escape["code"]:
        return chr(int(escape["code"], 16))
    if escape["character"] == "u":
        raise ValueError(r"a '\u' without four digits")
    return CONTROLS.get(escape["character"], escape["character"])
