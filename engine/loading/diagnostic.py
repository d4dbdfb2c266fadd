"""Mistakes with their places, and how they are printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from unicodedata import east_asian_width

from engine.loading.files.document import Document
from engine.loading.files.place import Place
from engine.parameters.mistake import Mistake

LONGEST_LINE = 160
ENCRYPTED = re.compile(r"!\[[^\]\s]{20,}\]?")
SECRET_DEFAULT = re.compile(r"(?<=\$\{secret:)((?:(?:env|file):)?+[^:{}]*:)([^{}]*)(?=\})")


@dataclass(frozen=True)
class Diagnostic:
    """A mistake or a warning at its exact place.

    As text: `flows/x.yaml:14:11 F102 unknown element 'forach'`, the line with a caret under the place, the expected
    value, the text to write.
    """

    mistake: Mistake
    place: Place
    line: str = ""
    is_warning: bool = False
    caret: int | None = None
    """The characters before the caret; those of the column, if the line is shown as it is."""

    @property
    def code(self) -> str:
        return self.mistake.code

    def __str__(self) -> str:
        rows = [self._found]
        if self.line.strip():
            column = self.place.column - 1 if self.caret is None else self.caret
            line, caret = _cut_out(self.line, column)
            rows += [f"  {self.place.line:>4} | {line}", f"       | {caret}"]
        return "\n".join([*rows, *(f"  {told}" for told in self._instead)])

    @property
    def in_one_line(self) -> str:
        """The same without the line of the file, for a log."""
        return "; ".join([self._found, *self._instead])

    @property
    def _found(self) -> str:
        place, kind = self.place, "warning " if self.is_warning else ""
        return f"{place.file}:{place.line}:{place.column} {self.code} {kind}{self.mistake.found}"

    @property
    def _instead(self) -> list[str]:
        told = {"expected": self.mistake.expected, "write": self.mistake.write}
        return [f"{what}: {text}" for what, text in told.items() if text]


def _cut_out(line: str, column: int) -> tuple[str, str]:
    """Return the line, a long one only around the column (from 0), and beneath it the caret."""
    line = SECRET_DEFAULT.sub(lambda match: match[1] + "•" * len(match[2]), line)
    start = max(0, column - LONGEST_LINE // 2) if len(line) > LONGEST_LINE else 0
    text = line[start : start + LONGEST_LINE]
    before, behind = "… " if start else "", " …" if start + LONGEST_LINE < len(line) else ""
    indentation = "".join(_blank(character) for character in before + line[start:column])
    return before + text + behind, indentation + "^"


def _blank(character: str) -> str:
    """Return blanks that are as wide on a screen as the character."""
    if character == "\t":
        return character
    return "  " if east_asian_width(character) in "WF" else " "


def diagnose(
    mistake: Mistake, document: Document, hide: Callable[[str], str] = str, *, is_warning: bool = False
) -> Diagnostic:
    """Return the mistake at its exact place in the document. hide: returns a text without secrets."""
    place = mistake.place if isinstance(mistake.place, Place) else document.start()
    if mistake.offset:
        place = document.exact_place(place, mistake.offset)
    elif (scalar := document.scalars.get((place.line, place.column))) and scalar.style in ("'", '"', "|", ">"):
        place = document.exact_place(place, 0)
    line = document.lines[place.line - 1] if 0 < place.line <= len(document.lines) else ""
    is_about_all = document.data is None and not document.mistakes
    found, expected, write = map(hide, (mistake.found, mistake.expected, mistake.write))
    mistake = replace(mistake, found=found, expected=expected, write=write)
    shown, caret = ("", None) if is_about_all else _without_secrets(line, place.column - 1, hide)
    return Diagnostic(mistake, place, shown, is_warning, caret)


def _without_secrets(line: str, column: int, hide: Callable[[str], str]) -> tuple[str, int | None]:
    """Return a line of a file as it may be shown, and where the caret is then; None if that is where it was."""
    shown = ENCRYPTED.sub("![…]", hide(line))
    if shown == line:
        return line, None
    before = ENCRYPTED.sub("![…]", hide(line[:column]))
    is_same = [one == other for one, other in zip(before, shown, strict=False)]  # not all, if it is inside of a secret
    return shown, is_same.index(False) if False in is_same else min(len(before), len(shown))


class LoadError(Exception):
    """The flow files hold mistakes; `diagnostics` lists them all, in the order of the files."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("\n".join(str(diagnostic) for diagnostic in diagnostics))
        self.diagnostics = tuple(diagnostics)
