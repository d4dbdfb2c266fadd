"""The style of a file, as `engine fmt` has it."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from lsprotocol import types

from engine.editor.server import range_of, site_and_text
from engine.editor.texts import Text
from engine.formatting.formatter import NotFormatted, formatted


def format_document(ls: Any, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
    """Return the change that brings a file into our style; None if it cannot be read, or would not stay the same."""
    found = site_and_text(ls, params.text_document.uri)
    if found is None:
        return None
    _, text = found
    try:
        return _edits(text, formatted(text.source, text.path.name))
    except NotFormatted:
        return None


def _edits(text: Text, after: str) -> list[types.TextEdit]:
    """Return one edit of the lines from the first that changes to the last, so that all others stay untouched."""
    old, new = text.source.splitlines(keepends=True), after.splitlines(keepends=True)
    if old == new:
        return []
    first = _alike(old, new)
    last = min(_alike(old[::-1], new[::-1]), len(old) - first, len(new) - first)
    start = len("".join(old[:first]))
    end = len(text.source) - len("".join(old[len(old) - last :]))
    return [types.TextEdit(range_of(text, start, end), "".join(new[first : len(new) - last]))]


def _alike(one: list[str], other: list[str]) -> int:
    """Return how many lines are the same from the beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
