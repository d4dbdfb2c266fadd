"""The report on a case that failed: the line, the expected and actual values, the path that the event took."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from typing import Any

import yaml

from engine.loading.files.document import Document
from engine.testing.expected.outcome import Mismatch
from engine.testing.expected.showing import LONGEST, in_line, plain
from engine.testing.staged.stage import Journal, Passage
from engine.values.errors import FlowError

MOST_ROWS = 60
"""Lines of a difference."""

MOST_LINES = 10_000
"""Lines of the values that are compared."""


def failure(document: Document, mismatches: list[Mismatch], journal: Journal) -> str:
    """Return all about a case that failed."""
    rows = [row for mismatch in mismatches for row in _mismatch(document, mismatch)]
    return "\n".join([*rows, *_path(journal)])


def _mismatch(document: Document, mismatch: Mismatch) -> Iterator[str]:
    place = mismatch.place
    if place is not None:
        yield f"  {place.file}:{place.line}:{place.column}"
        yield f"  {place.line:>4} | {document.lines[place.line - 1].rstrip()}"
    yield f"  {mismatch.expression}"
    yield f"    wanted: {in_line(mismatch.wanted)}"
    yield f"    got:    {in_line(mismatch.got)}"
    if isinstance(mismatch.got, FlowError):
        yield from _details(mismatch.got)
    elif _is_structure(mismatch.got) and _is_structure(mismatch.nearest):
        yield from _difference(mismatch.nearest, mismatch.got)
    yield from (f"  {line}" for line in mismatch.note.splitlines())


def _details(error: FlowError) -> Iterator[str]:
    yield f"    at:     {error.failing_component}"
    if error.detailed_description != error.description:
        yield f"    detail: {error.detailed_description}"


def _is_structure(value: Any) -> bool:
    return isinstance(plain(value), (dict, list)) and bool(value)


def _difference(wanted: Any, got: Any) -> Iterator[str]:
    """Yield the lines that only one of the two has, with their surroundings."""
    lines = list(unified_diff(_lines(wanted), _lines(got), n=1, lineterm=""))[3:]
    shown = ["…" if line.startswith("@@") else f"{line[0]} {line[1:]}" for line in lines]
    if shown:
        yield "    difference (- wanted, + got):"
        yield from (f"      {line}" for line in shown[:MOST_ROWS])
        if len(shown) > MOST_ROWS:
            yield f"      … {len(shown) - MOST_ROWS} more lines"


def _lines(value: Any) -> list[str]:
    text: str = yaml.safe_dump(plain(value), allow_unicode=True, sort_keys=False, width=LONGEST)
    return text.splitlines()[:MOST_LINES]


def _path(journal: Journal) -> Iterator[str]:
    passages = [*journal.beginning, *journal.end]
    if not passages:
        yield "  path: no step ran"
        return
    wide = max(len(_step(passage)) for passage in passages)
    rows = [f"    {_step(passage):{wide}}  {passage.step.location}{_end(passage)}" for passage in passages]
    if journal.steps_between:
        rows.insert(len(journal.beginning), f"    … {journal.steps_between} more steps")
    yield from ("  path:", *rows)


def _step(passage: Passage) -> str:
    return "  " * passage.depth + passage.step.name


def _end(passage: Passage) -> str:
    if passage.failure is not None:
        return f"  ✗ {passage.failure.type}: {passage.failure.description}"
    return "" if passage.is_over else "  ✗ cut off"
