"""Mistakes with their places, and how they are printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.core.mistake import Mistake
from engine.loading.document import Document
from engine.loading.place import Place


@dataclass(frozen=True)
class Diagnostic:
    """A mistake or a warning at its exact place.

    As text: `flows/x.yaml:14:11 F102 unknown element 'forach'`, the line with a caret under the
    place, what was expected, what to write.
    """

    mistake: Mistake
    place: Place
    line: str = ""
    is_warning: bool = False

    @property
    def code(self) -> str:
        return self.mistake.code

    def __str__(self) -> str:
        place = self.place
        kind = "warning " if self.is_warning else ""
        rows = [f"{place.file}:{place.line}:{place.column} {self.code} {kind}{self.mistake.found}"]
        if self.line.strip():
            rows += [f"  {place.line:>4} | {self.line}", f"       | {' ' * (place.column - 1)}^"]
        if self.mistake.expected:
            rows.append(f"  expected: {self.mistake.expected}")
        if self.mistake.write:
            rows.append(f"  write: {self.mistake.write}")
        return "\n".join(rows)


def diagnose(mistake: Mistake, document: Document, *, is_warning: bool = False) -> Diagnostic:
    """The mistake at its exact place in the document."""
    place = mistake.place if isinstance(mistake.place, Place) else document.start()
    if mistake.offset:
        place = document.exact_place(place, mistake.offset)
    elif (scalar := document.scalars.get((place.line, place.column))) and scalar.style in ("'", '"', "|", ">"):
        place = document.exact_place(place, 0)
    line = document.lines[place.line - 1] if 0 < place.line <= len(document.lines) else ""
    return Diagnostic(mistake, place, line, is_warning)


class LoadError(Exception):
    """The flow files hold mistakes; `diagnostics` lists them all, in the order of the files."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("\n".join(str(diagnostic) for diagnostic in diagnostics))
        self.diagnostics = tuple(diagnostics)
