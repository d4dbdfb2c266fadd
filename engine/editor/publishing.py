"""A diagnostic as the protocol has it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from engine.editor.texts import Text, uri_of
from engine.loading.diagnostic import Diagnostic
from engine.loading.files.document import Document

if TYPE_CHECKING:
    from engine.editor.server import Server

SOURCE = "engine"
WORD = re.compile(r"[\w.:$-]+|\S")
"""What is marked if nobody knows where the mistake ends."""
OTHER_PLACE = re.compile(r"(?P<what>[^(),]*?)\s*(?:at (?P<file>/[^:]+):(?P<line>\d+)|in line (?P<same>\d+))")
"""Another place that a mistake names: `the first is at /…/shop.yaml:3`, `the first is in line 3`."""


def published(found: Diagnostic, text: Text, document: Document, server: Server) -> types.Diagnostic:
    """Return a diagnostic of a text. document: of that text, if it was not changed since."""
    start, end = _extent(found, text, document)
    mistake, address = found.mistake, server.options.get("documentation")
    is_linked = isinstance(address, str) and found.code
    return types.Diagnostic(
        types.Range(types.Position(*text.position(start)), types.Position(*text.position(end))),
        _told(found, _folder_of(server, text.path)),
        severity=types.DiagnosticSeverity.Warning if found.is_warning else types.DiagnosticSeverity.Error,
        code=found.code or None,
        code_description=types.CodeDescription(f"{address}#{found.code.lower()}") if is_linked else None,
        source=SOURCE,
        related_information=list(_related(found, text, server)) or None,
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


def _folder_of(server: Server, path: Path) -> Path:
    """Return the folder of the workspace that a file is in; its own, if it is in none."""
    return next((root for root in server.files.roots if path.is_relative_to(root)), path.parent)


def _related(found: Diagnostic, text: Text, server: Server) -> Iterator[types.DiagnosticRelatedInformation]:
    for match in OTHER_PLACE.finditer(f"{found.mistake.found} {found.mistake.expected}"):
        path = Path(match["file"]) if match["file"] else text.path
        other = server.files.files.text(path)
        line = int(match["line"] or match["same"]) - 1
        uri = other.uri if other else uri_of(path)
        place = types.Range(types.Position(line, 0), types.Position(line + 1, 0))
        yield types.DiagnosticRelatedInformation(types.Location(uri, place), match["what"].strip() or "the other one")
