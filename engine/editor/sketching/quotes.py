"""Texts in quotes, and how the characters of a text stand in a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from engine.editor.sketching.nodes import Scalar

CLOSED = {'"': re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL), "'": re.compile(r"'(?:''|[^'])*'(?!')")}
ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
TOKEN = {
    '"': re.compile(r"\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\.|[^\\]|\\", re.DOTALL),
    "'": re.compile(r"''|.", re.DOTALL),
}
CODES = {"x": 16, "u": 16, "U": 16}


def closing(text: str, at: int, limit: int) -> int | None:
    """Return where the text in quotes ends that begins there; None if it is not closed before the limit."""
    found = CLOSED[text[at]].match(text, at, limit)
    return found.end() if found else None


def unquoted(written: str) -> str:
    """Return a key without its quotes."""
    if written[:1] not in ('"', "'") or len(written) < 2:
        return written
    return decoded(written, Scalar(0, len(written), written[0])).text


class Decoded(NamedTuple):
    """The contents of a text, and where each of its characters stands in the file; one more for its end."""

    text: str
    places: list[int]

    def offset(self, place: int) -> int:
        """Return the number of the character that stands at a place of the file, or behind it."""
        low, high = 0, len(self.text)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.places[middle] < place else (low, middle)
        return low


def decoded(source: str, scalar: Scalar) -> Decoded:
    """Return the contents of a text of a file: without quotes, escapes, and the indentation of blocks.

    Line breaks stay: YAML folds some to blanks, which means the same to an expression.
    """
    characters = list(_characters(source, scalar))
    end = characters[-1][1] + 1 if characters else scalar.start + (scalar.style in ('"', "'"))
    is_closed = scalar.style in ('"', "'") and scalar.end - scalar.start > 1 and source[scalar.end - 1] == scalar.style
    last = scalar.end - 1 if is_closed else max(end, scalar.end if not scalar.style else end)
    return Decoded("".join(each for each, _ in characters), [*(place for _, place in characters), last])


def _characters(source: str, scalar: Scalar) -> Iterator[tuple[str, int]]:
    if scalar.style in ('"', "'"):
        yield from _quoted(source, scalar)
    elif scalar.style in ("|", ">"):
        yield from _block(source, scalar)
    else:
        yield from ((source[place], place) for place in range(scalar.start, scalar.end))


def _quoted(source: str, scalar: Scalar) -> Iterator[tuple[str, int]]:
    end = scalar.end
    if end - scalar.start > 1 and source[end - 1] == scalar.style:
        end -= 1
    for token in TOKEN[scalar.style].finditer(source, scalar.start + 1, end):
        yield _unescaped(token[0], scalar.style), token.start()


def _unescaped(token: str, style: str) -> str:
    if len(token) == 1 or style == "'":
        return token[:1]
    if token[1] in CODES:
        code = int(token[2:], 16) if len(token) > 2 else 0
        return chr(code) if code < 0x110000 else "?"
    return ESCAPES.get(token[1], token[1])


def _block(source: str, scalar: Scalar) -> Iterator[tuple[str, int]]:
    lines = source[scalar.start : scalar.end].split("\n")
    indents = [len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()]
    cut, place = min(indents, default=0), scalar.start
    for number, line in enumerate(lines):
        yield from ((character, place + cut + at) for at, character in enumerate(line[cut:]))
        place += len(line) + 1
        if number < len(lines) - 1:
            yield "\n", place - 1
