"""The texts of a file: their quotes, and the indentation of those with several lines. Their values never change."""

from __future__ import annotations

import re

from engine.loading.files.data import NotFinite, resolve

STEP = 2
"""The columns by which what belongs to something stands further in."""

BLOCK = ("|", ">")
HEADER = re.compile(r"(?P<style>[|>])(?:(?P<chomp>[+-])?(?P<digit>[1-9])?|(?P<digit2>[1-9])(?P<chomp2>[+-]))")

PLAIN_START = re.compile(r"[^\W\d]|/")
"""Texts that begin in another way keep their quotes: other readers may take `1:30` for a number, `.x` for a path."""

NEVER_PLAIN = re.compile(r": |:$| #|\$\{|#\[|[\t\\]")
OF_FLOW = re.compile(r"[,\[\]{}:]")
"""A colon in braces is allowed, and misread by eyes: a text with one is left as its author has written it."""
OTHER_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""What YAML 1.1 takes for something else than a text."""


def in_our_quotes(source: str, *, is_in_flow: bool) -> str:
    """Return a scalar without quotes that it does not need; an expression, and what needs them, in double quotes."""
    quote, inner = source[:1], source[1:-1]
    if quote not in ("'", '"') or "\n" in source or (quote == '"' and "\\" in inner):
        return source
    value = inner.replace("''", "'") if quote == "'" else inner
    if not value.isprintable():
        return source
    if _may_be_plain(value, is_in_flow=is_in_flow):
        return value
    return source if '"' in value or "\\" in value else f'"{value}"'


def _may_be_plain(value: str, *, is_in_flow: bool) -> bool:
    if not PLAIN_START.match(value) or value != value.strip() or NEVER_PLAIN.search(value):
        return False
    if value.lower() in OTHER_WORDS or (is_in_flow and OF_FLOW.search(value)):
        return False
    try:
        return isinstance(resolve(value), str)
    except NotFinite:
        return False


def indented(source: str, column: int) -> str:
    """Return a scalar, plain or in quotes, whose further lines begin in a column."""
    first, *rest = source.split("\n")
    if not rest:
        return source
    lines = [first.rstrip(), *(line.strip() for line in rest[:-1]), rest[-1].strip()]
    if source.startswith('"'):
        lines = [_with_escaped_blank(line, written) for line, written in zip(lines, [first, *rest], strict=True)]
    return "\n".join([lines[0], *(" " * column + line if line else "" for line in lines[1:])])


def _with_escaped_blank(line: str, written: str) -> str:
    r"""Return the line with the blank at its end that `\ ` stands for."""
    backslashes = len(line) - len(line.rstrip("\\"))
    return f"{line} " if backslashes % 2 and written.rstrip() != written else line


class BlockScalar:
    """A text after `|` or `>`: its header, its lines without indentation, and the empty ones after it."""

    def __init__(self, source: str, parent: int) -> None:
        """parent: the column of the map or the list around it."""
        header, _, content = source.partition("\n")
        match = HEADER.match(header)
        assert match is not None  # libyaml has read it
        self.header = header.rstrip()
        self.digit = int(match["digit"] or match["digit2"] or 0)
        self.keeps = "+" in (match["chomp"] or match["chomp2"] or "")
        self.is_cut = bool(content) and not content.endswith("\n")
        lines = content.removesuffix("\n").split("\n") if content else []
        depth = parent + self.digit if self.digit else _depth(lines)
        self.lines = [line[depth:] for line in lines]
        self.blank_after = 0
        while not self.keeps and self.lines and not self.lines[-1]:
            self.lines.pop()
            self.blank_after += 1

    def written(self, parent: int) -> str:
        """Return it within a map or a list at a column, up to the end of its last line."""
        column = parent + (self.digit or STEP)
        return "\n".join([self._header(), *(" " * column + line if line else "" for line in self.lines)])

    def _header(self) -> str:
        """Return the header; a text that the end of the file cuts off has no newline, as `-` says."""
        if not self.is_cut or "-" in self.header[:3]:
            return self.header
        return f"{self.header[0]}-{self.header[1:].replace('+', '', 1)}"


def _depth(lines: list[str]) -> int:
    first = next((line for line in lines if line.strip(" ")), "")
    return len(first) - len(first.lstrip(" "))
