"""The tokens of a YAML file, laid out again: what stands between them is blanks, newlines and comments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import yaml
from yaml import tokens as kinds

from engine.formatting.blank_lines import needs_blank_line
from engine.formatting.scalars import BLOCK, STEP, BlockScalar, in_our_quotes, indented

OPENING = (kinds.FlowMappingStartToken, kinds.FlowSequenceStartToken)
CLOSING = (kinds.FlowMappingEndToken, kinds.FlowSequenceEndToken)
COLLECTIONS = (kinds.BlockMappingStartToken, kinds.BlockSequenceStartToken)


class Level(NamedTuple):
    """A map or a list of several lines that is still open: its column, and the one that it gets."""

    old: int
    new: int
    is_list: bool
    is_indentless: bool = False
    """Whether it is a list in the column of its key, whose end libyaml does not tell."""


class Layout:
    """Writes tokens one after another."""

    def __init__(self, text: str, tokens: Sequence[yaml.Token]) -> None:
        self._text = text
        self._written: list[str] = []
        self._levels: list[Level] = []
        self._before: Sequence[Level] = ()
        """The levels that were open at the last token."""
        self._depth = 0
        self._end = 0
        """The offset behind the last token."""
        self._last: yaml.Token | None = None
        self._block: BlockScalar | None = None
        self._is_key = self._begins = False
        self._wants_blank = needs_blank_line(tokens)
        for token in tokens:
            self._take(token)

    @property
    def text(self) -> str:
        return "".join([*self._written, "\n"]) if self._written else ""

    def _take(self, token: yaml.Token) -> None:
        self._open_or_close(token)
        if token.start_mark.index < token.end_mark.index or isinstance(token, kinds.StreamEndToken):
            self._write(token)

    # Levels

    @property
    def _top(self) -> Level | None:
        return self._levels[-1] if self._levels else None

    @property
    def _inside(self) -> int:
        """The column of what belongs to the innermost level."""
        return self._levels[-1].new + STEP if self._levels else 0

    def _open_or_close(self, token: yaml.Token) -> None:
        if self._depth:
            return
        column, top = token.start_mark.column, self._top
        if isinstance(token, COLLECTIONS):
            is_list = isinstance(token, kinds.BlockSequenceStartToken)
            self._levels.append(Level(column, self._inside, is_list))
            self._begins = True
        elif isinstance(token, kinds.BlockEndToken):
            self._close()
        elif isinstance(token, kinds.BlockEntryToken) and not (top and top.is_list):
            self._levels.append(Level(column, self._inside, is_list=True, is_indentless=True))
        elif isinstance(token, (kinds.KeyToken, kinds.ValueToken)):
            self._leave_indentless()
            self._is_key |= isinstance(token, kinds.KeyToken)

    def _close(self) -> None:
        self._leave_indentless()
        self._levels.pop()

    def _leave_indentless(self) -> None:
        if self._top and self._top.is_indentless:
            self._levels.pop()

    # Tokens

    def _write(self, token: yaml.Token) -> None:
        gap = self._text[self._end : token.start_mark.index]
        is_new_line = "\n" in gap or self._block or isinstance(token, kinds.StreamEndToken) or self._last is None
        if is_new_line and not self._belongs_to_dash(gap):
            self._new_line(token, gap)
        elif self._last is not None:
            self._written.append(_separator(self._last, token))
        if content := self._content(token):
            self._written.append(content)
        self._end, self._last, self._before = token.end_mark.index, token, tuple(self._levels)
        self._is_key = self._begins = False
        self._depth += isinstance(token, OPENING) - isinstance(token, CLOSING)

    def _belongs_to_dash(self, gap: str) -> bool:
        """Return whether it is the first key below a `-`, which may stand beside it."""
        return self._begins and isinstance(self._last, kinds.BlockEntryToken) and "#" not in gap

    def _content(self, token: yaml.Token) -> str:
        source = self._text[token.start_mark.index : token.end_mark.index]
        if not isinstance(token, kinds.ScalarToken):
            return source.rstrip("\n")
        if token.style in BLOCK:
            self._block = BlockScalar(source, self._top.old if self._top else 0)
            return self._block.written(self._top.new if self._top else 0)
        if not isinstance(self._last, kinds.TagToken):
            source = in_our_quotes(source, is_in_flow=self._depth > 0)
        return indented(source, self._inside + STEP * self._depth)

    def _column(self, token: yaml.Token) -> int:
        """Return the column of a token at the beginning of a line."""
        if self._depth:
            return self._in_flow(self._depth - isinstance(token, CLOSING))
        is_entry = self._is_key or isinstance(token, (kinds.BlockEntryToken, kinds.ValueToken))
        return self._levels[-1].new if is_entry and self._levels else self._inside

    def _in_flow(self, depth: int) -> int:
        return (self._levels[-1].new if self._levels else 0) + STEP * depth

    # Between lines

    def _new_line(self, token: yaml.Token, gap: str) -> None:
        """Write what stands before a token at the beginning of a line: the comment behind the last one, whole lines."""
        first, *lines = gap.split("\n") if self._last and self._block is None else ["", *gap.split("\n")]
        if first.strip():
            self._written.append(" " * max(len(first) - len(first.lstrip()), 1) + first.strip())
        if not isinstance(token, kinds.StreamEndToken):
            lines = lines[:-1]  # the rest is the indentation of the token
        column = self._column(token)
        between = list(self._between(lines, token, column))
        self._set_apart(between, token, column)
        for line in between if not isinstance(token, kinds.StreamEndToken) else between[:-1]:
            is_apart = line.is_apart and bool(self._written)
            self._written.append("\n" * (bool(self._written) + is_apart) + " " * line.column + line.comment)
        self._block = None

    def _between(self, lines: Iterable[str], token: yaml.Token, column: int) -> Iterator[Line]:
        """Yield each comment, and last the line of the token. Several empty lines are one; after an opening, none."""
        follows_opening = isinstance(self._last, (kinds.ValueToken, kinds.BlockEntryToken))
        keeps = self._block is not None and self._block.keeps  # its empty lines are its own
        is_apart, may_be_apart = bool(self._block and self._block.blank_after), not follows_opening and not keeps
        for line in lines:
            if not line.strip():
                is_apart = True
                continue
            yield Line(self._column_of_comment(line, token, column), line.strip(), is_apart and may_be_apart)
            is_apart, may_be_apart = False, True
        yield Line(column, "", is_apart and may_be_apart)

    def _set_apart(self, between: list[Line], token: yaml.Token, column: int) -> None:
        """Put an empty line before a key that needs one, and before the comments above it."""
        is_needed = token.start_mark.index in self._wants_blank and not (self._block and self._block.keeps)
        if is_needed and not any(line.is_apart for line in between):
            number = next(number for number, line in enumerate(between) if line.column <= column)
            between[number] = between[number]._replace(is_apart=True)

    def _column_of_comment(self, line: str, token: yaml.Token, column: int) -> int:
        """Return the column of a comment on a line of its own: that of the next token, or of the level it stood in."""
        if self._depth:
            return self._in_flow(self._depth)
        old = len(line) - len(line.lstrip())
        if old == token.start_mark.column or isinstance(self._last, (kinds.ValueToken, kinds.BlockEntryToken)):
            return column
        return next((level.new for level in reversed(self._before) if level.old <= old), column)


class Line(NamedTuple):
    """A line between two tokens: its column, its comment, and whether an empty line stands before it."""

    column: int
    comment: str
    is_apart: bool


def comments(text: str, tokens: Iterable[yaml.Token]) -> Iterator[str]:
    """Yield the comments between the tokens of a text, without the blanks around them."""
    end = 0
    for token in tokens:
        start = token.start_mark.index
        if "#" in (gap := text[end:start]):
            yield from (line.strip() for line in gap.split("\n") if line.strip())
        end = max(end, token.end_mark.index)


def _separator(last: yaml.Token, token: yaml.Token) -> str:
    """Return what stands between two tokens of one line."""
    if isinstance(last, OPENING) or isinstance(token, (*CLOSING, kinds.FlowEntryToken)):
        return " " if isinstance(last, kinds.ValueToken) else ""  # `{a: }`: without the blank the colon is text
    is_colon = isinstance(token, kinds.ValueToken)
    return "" if is_colon and not isinstance(last, (kinds.AliasToken, kinds.AnchorToken, kinds.TagToken)) else " "
