"""`write: …` of a mistake, as an edit of exactly the text that was found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.editor.actions.action import QUICK_FIX, Action
from engine.editor.spans import Edit, Span
from engine.loading.diagnostic import Diagnostic
from engine.loading.files.document import Document
from engine.parameters.mistake import Mistake

OF_YAML = frozenset({"F101", "F104", "F106", "F108"})
"""Mistakes whose `write` is the text in quotes, often with its key."""
QUOTED_PART = re.compile(
    r"(?P<before>(?:- )?(?:[^\s\"']+: )?)(?P<quoted>\"(?:[^\"])*\"|'(?:''|[^'])*')(?P<behind>(?::.*)?)"
)
EXAMPLE = re.compile(r"…|\s|NS:ID|NAME|:default\}|•")
"""What tells that a text shows how to write something, and is not the text to write."""
IN_QUOTES = re.compile(r"'([^']+)'")


def quick_fixes(path: Path, text: str, diagnostics: Iterable[Diagnostic]) -> Iterator[Action]:
    """Yield the fixes of the mistakes of a file that say what to write."""
    document = Document(str(path), text)
    for diagnostic in diagnostics:
        edit = diagnostic.mistake.write and (_name(document, path, diagnostic) or _quotes(document, path, diagnostic))
        if edit:
            yield Action(f"write: {diagnostic.mistake.write}", QUICK_FIX, [edit], fixes=diagnostic)


def _name(document: Document, path: Path, diagnostic: Diagnostic) -> Edit | None:
    """Return the edit of a name: the message has the one that was found, in whose place another one is to stand."""
    write, start = diagnostic.mistake.write, document.offset_of(diagnostic.place)
    if diagnostic.code in OF_YAML - {"F106"} or EXAMPLE.search(write):
        return None
    start += document.text[start : start + 1] in ("'", '"') and not write.startswith(("'", '"'))
    rest = document.text[start : start + 300].partition("\n")[0]
    found = [name for name in IN_QUOTES.findall(diagnostic.mistake.found) if _begins_with(rest, name)]
    if write[0] == write[-1] == "`" and _begins_with(rest, write.strip("`")):
        found.append(write.strip("`"))
    if not found or found[0] == write:
        return None
    end = start + len(found[0])
    if write.startswith('"') and document.text[start - 1 : start] == document.text[end : end + 1] == '"':
        write = write.strip('"')
    return Edit(Span(path, start, end), write)


def _begins_with(text: str, name: str) -> bool:
    behind = text[len(name) : len(name) + 1]
    return text.startswith(name) and not ((behind.isalnum() or behind == "_") and name[-1:].isalnum())


def _quotes(document: Document, path: Path, diagnostic: Diagnostic) -> Edit | None:
    """Return the edit that puts a text in quotes, if the file can then be read further than before."""
    match = QUOTED_PART.fullmatch(diagnostic.mistake.write)
    if match is None or not (match["before"].strip() or diagnostic.code in OF_YAML):
        return None
    raw = match["quoted"][1:-1].replace("''", "'") if match["quoted"][0] == "'" else match["quoted"][1:-1]
    line_start = document.offset_of(diagnostic.place) - (diagnostic.place.column - 1)
    line = document.text[line_start:].partition("\n")[0]
    if diagnostic.code not in OF_YAML and match["before"] + raw not in line:
        return None
    for number in _nearest(line, raw, diagnostic.place.column - 1):
        edit = Edit(Span(path, line_start + number, line_start + number + len(raw)), match["quoted"])
        if _helps(document, edit, diagnostic):
            return edit
    return None


def _nearest(line: str, raw: str, column: int) -> list[int]:
    """Return where the text is in the line, those first that have the column in them."""
    found = [match.start() for match in re.finditer(re.escape(raw), line)] if raw else []
    return sorted(found, key=lambda start: max(start - column, column - start - len(raw), 0))


def _helps(document: Document, edit: Edit, diagnostic: Diagnostic) -> bool:
    """Return whether the mistake is gone, and no other one has come up to its line."""
    text = document.text[: edit.span.start] + edit.text + document.text[edit.span.end :]
    before, after = ({_identity(each) for each in mistakes} for mistakes in _mistakes(document, text))
    line = diagnostic.place.line
    is_gone = (line, diagnostic.code, diagnostic.mistake.found) not in after
    return is_gone and not any(each[0] <= line for each in after - before)


def _mistakes(document: Document, text: str) -> tuple[list[Mistake], list[Mistake]]:
    return document.mistakes, Document(document.file, text).mistakes


def _identity(mistake: Mistake) -> tuple[int, str, str]:
    return getattr(mistake.place, "line", 0), mistake.code, mistake.found
