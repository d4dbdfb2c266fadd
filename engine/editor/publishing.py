"""A diagnostic as the protocol has it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lsprotocol import types

from engine.editor.texts import Text, uri_of
from engine.editor.workspace import Workspace
from engine.loading.diagnostic import Diagnostic
from engine.loading.files.document import Document

SOURCE = "engine"
WORD = re.compile(r"[\w.:$-]+|\S")
"""What is marked if nobody knows where the mistake ends."""
OTHER_PLACE = re.compile(r"(?P<what>[^(),]*?)\s*(?:at (?P<file>/[^:]+):(?P<line>[0-9]+)|in line (?P<same>[0-9]+))")
"""Another place that a mistake names: `the first is at /…/shop.yaml:3`, `the first is in line 3`."""


def published(
    found: Diagnostic, text: Text, document: Document, files: Workspace, documentation: str | None
) -> types.Diagnostic:
    """Return a diagnostic of a text.

    document: of that text, if it was not changed since. documentation: the address of the pages of mistakes.
    """
    start, end = _extent(found, text, document)
    mistake = found.mistake
    href = f"{documentation}#{found.code.lower()}" if documentation and found.code else ""
    return types.Diagnostic(
        types.Range(types.Position(*text.position(start)), types.Position(*text.position(end))),
        _told(found, _folder_of(files, text.path)),
        severity=types.DiagnosticSeverity.Warning if found.is_warning else types.DiagnosticSeverity.Error,
        code=found.code or None,
        code_description=types.CodeDescription(href) if href else None,
        source=SOURCE,
        related_information=list(_related(found, text, files)) or None,
        data={"expected": mistake.expected, "write": mistake.write},
    )


def _told(found: Diagnostic, folder: Path) -> str:
    mistake = found.mistake
    told = {"expected": mistake.expected, "write": mistake.write}
    rows = [mistake.found, *(f"{what}: {each}" for what, each in told.items() if each)]
    return "\n".join(rows).replace(f"{folder}/", "")


def _extent(found: Diagnostic, text: Text, document: Document) -> tuple[int, int]:
    """Return where the mistake begins and ends: a value of the file, or a word in it."""
    start = text.offset_of(found.place)
    scalar = document.scalars.get((found.place.line, found.place.column))
    if scalar and found.place.line > 0 and document.text[scalar.start : scalar.end].count("\n") == 0:
        end = start + scalar.end - scalar.start
    else:
        word = WORD.match(text.source, start)
        end = word.end() if word else start
    return start, max(end, min(start + 1, len(text.source)))


def _folder_of(files: Workspace, path: Path) -> Path:
    """Return the folder of the workspace that a file is in; its own, if it is in none."""
    return next((root for root in files.roots if path.is_relative_to(root)), path.parent)


def _related(found: Diagnostic, text: Text, files: Workspace) -> Iterator[types.DiagnosticRelatedInformation]:
    for match in OTHER_PLACE.finditer(f"{found.mistake.found} {found.mistake.expected}"):
        path = Path(match["file"]) if match["file"] else text.path
        other = files.files.text(path)
        line = int(match["line"] or match["same"]) - 1
        uri = other.uri if other else uri_of(path)
        place = types.Range(types.Position(line, 0), types.Position(line + 1, 0))
        yield types.DiagnosticRelatedInformation(types.Location(uri, place), match["what"].strip() or "the other one")
