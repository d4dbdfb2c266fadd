"""YAML 1.2 text → data in which everything knows its line and column."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from typing import Any

import yaml
from yaml.reader import ReaderError

from engine.expressions.errors import ExpressionSyntaxError
from engine.expressions.functions.limits import YAML_TOO_DEEP
from engine.expressions.marks import split
from engine.loading.files.broken import explain
from engine.loading.files.composer import Composer, GiveUp, Scalar, too_deep
from engine.loading.files.data import Map as Map
from engine.loading.files.data import Sequence as Sequence
from engine.loading.files.data import as_data as as_data
from engine.loading.files.data import copied
from engine.loading.files.data import resolve as resolve
from engine.loading.files.place import Place
from engine.loading.files.quoting import quoted, quoted_at
from engine.parameters.mistake import Mistake

COMMENT = re.compile(r"(?:^|(?<=\s))#")
LINE_BREAK = re.compile("[\n\x85\u2028\u2029]")
"""The characters that libyaml takes for the end of a line."""
PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")
"""An anchor and a tag before a value."""

SOURCE_TOKENS = {
    '"': re.compile(r"\\(?:x..|u.{4}|U.{8}|.)|.", re.DOTALL),
    "'": re.compile(r"''|.", re.DOTALL),
}
ANY_CHARACTER = re.compile(r".", re.DOTALL)
BLANK_ESCAPES = re.compile(
    r"\\(?:[ntvfr \t\n_NLP]|x(?:20|09|0[a-dA-D]|[aA]0|85)|u(?:0020|000[9a-dA-D]|00[aA]0|202[89]))"
)


class Document:
    """One flow file: its text, its data (None if it could not be read), its mistakes."""

    def __init__(self, file: str, text: str, short: str = "") -> None:
        self.file = file
        self.text = text
        self.short = short or file
        self.lines = LINE_BREAK.split(text)
        self._line_starts = [0, *(match.end() for match in LINE_BREAK.finditer(text))]
        self.mistakes: list[Mistake] = []
        self.data: Any = None
        self.scalars: dict[tuple[int, int], Scalar] = {}
        self.is_missing = False
        self._read()

    def copy(self) -> Document:
        """Return a document with maps and lists of its own, which others may fill in."""
        own = copy(self)
        own.data = copied(self.data)
        return own

    @property
    def is_unreadable(self) -> bool:
        """Whether it may define names that nobody knows."""
        return self.data is None and bool(self.mistakes)

    def place(self, mark: Any, path: tuple[Any, ...] = ()) -> Place:
        """Return the place of one of libyaml's marks."""
        return Place(self.file, mark.line + 1, mark.column + 1, path, self.short)

    def _line(self, mark: Any) -> str:
        return self.lines[mark.line] if mark.line < len(self.lines) else ""

    def start(self) -> Place:
        return Place(self.file, 1, 1, (), self.short)

    def first_place(self) -> Place:
        """Return the place of its first value."""
        line, column = min(self.scalars, default=(1, 1))
        return replace(self.start(), line=line, column=column)

    def exact_place(self, place: Place, offset: int) -> Place:
        """Return the place of a character of the scalar at `place`, with quotes, escapes and folding undone."""
        scalar = self.scalars.get((place.line, place.column))
        if scalar is None:
            return place
        line, column = self._line_and_column(self._position(scalar, offset))
        return replace(place, line=line, column=column)

    def offset_of(self, place: Place) -> int:
        """Return the number of characters before a place."""
        return min(self._line_starts[min(place.line, len(self._line_starts)) - 1] + place.column - 1, len(self.text))

    def place_at(self, offset: int) -> Place:
        """Return the place behind so many characters."""
        line, column = self._line_and_column(offset)
        return replace(self.start(), line=line, column=column)

    def _line_and_column(self, position: int) -> tuple[int, int]:
        line = bisect_right(self._line_starts, position)
        return line, position - self._line_starts[line - 1] + 1

    def _position(self, scalar: Scalar, offset: int) -> int:
        """Find a position. YAML's folding changes blanks; all other characters keep their order in the file."""
        wanted = sum(not character.isspace() for character in scalar.value[:offset])
        is_blank = scalar.value[offset : offset + 1].isspace()
        position = after = self._content_start(scalar)
        for token in SOURCE_TOKENS.get(scalar.style, ANY_CHARACTER).finditer(self.text, position, scalar.end):
            if token[0].isspace() or BLANK_ESCAPES.fullmatch(token[0]):
                continue
            if wanted == 0:
                return after if is_blank else token.start()
            wanted, after = wanted - 1, token.end()
        return after

    def _content_start(self, scalar: Scalar) -> int:
        properties = PROPERTIES.match(self.text, scalar.start, scalar.end)
        start = properties.end() if properties and scalar.style else scalar.start
        if scalar.style in ("|", ">"):
            return self.text.find("\n", start) + 1 or start
        return start + (1 if scalar.style in ("'", '"') else 0)

    def _read(self) -> None:
        composer = Composer(self.place, lambda mark: quoted_at(self._line(mark), mark.column))
        self.scalars, self.mistakes = composer.scalars, composer.mistakes
        broken: Mistake | None = None
        try:
            for event in yaml.parse(self.text, Loader=yaml.CSafeLoader):
                composer.take(event)
            self.data = composer.root
        except yaml.MarkedYAMLError as error:
            broken = self._explain(error)
        except ReaderError:
            broken = self._unreadable_character()
        except GiveUp as error:
            broken = error.mistake
        self._note(broken, list(self._unquoted_expressions(broken)))

    def _explain(self, error: yaml.MarkedYAMLError) -> Mistake:
        if error.problem_mark and YAML_TOO_DEEP in str(error):
            return too_deep(self.place(error.problem_mark))
        return explain(error, self.lines, self.place)

    def _note(self, broken: Mistake | None, unquoted: list[Mistake]) -> None:
        """Note an expression that became a comment, and the text or map that it broke in its line, as one mistake."""
        self.mistakes += unquoted
        if broken and not any(self._has_broken(mistake.place, broken.place) for mistake in unquoted):
            self.mistakes.append(broken)

    def _has_broken(self, comment: Any, broken: Any) -> bool:
        before = self.lines[comment.line - 1][: comment.column - 1]
        opened = sum(before.count(bracket) for bracket in "{[") - sum(before.count(bracket) for bracket in "}]")
        return opened > 0 or bool(comment.line == broken.line)

    def _unreadable_character(self) -> Mistake:
        character = re.search(r"[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", self.text)
        position = character.start() if character else 0
        line, column = self._line_and_column(position)
        place = replace(self.start(), line=line, column=column)
        return Mistake(
            "F101", f"the character U+{ord(self.text[position]):04X}, which YAML does not allow", "text", "", place
        )

    def _unquoted_expressions(self, broken: Mistake | None) -> Iterator[Mistake]:
        """Yield comments that start with `#[`: expressions that YAML dropped because they are not quoted."""
        last = broken.place.line if broken and isinstance(broken.place, Place) else len(self.lines)
        scalars = sorted((scalar.start, scalar.end) for scalar in self.scalars.values())
        offset = 0
        for number, line in enumerate(self.lines[:last], 1):
            start = _comment_start(line, offset, scalars) if "#[" in line else None
            is_in_doubt = broken is not None and number == last and ('"' in line or "'" in line)
            if start is not None and line.startswith("#[", start) and not is_in_doubt:
                yield self._unquoted(line, start, number)
            offset += len(line) + 1

    def _unquoted(self, line: str, start: int, number: int) -> Mistake:
        comment = line[start:].strip()
        found = f"'{_first_expression(comment)}', which YAML takes for a comment"
        write = quoted_at(line, start) or quoted(comment)
        return Mistake("F104", found, "the text in quotes", write, replace(self.start(), line=number, column=start + 1))


class TextFile(Document):
    """A file beside the flow files that is not YAML, such as a template."""

    def _read(self) -> None:
        self.data = self.text

    def exact_place(self, place: Place, offset: int) -> Place:
        """Return the place of the character that many characters after another one."""
        line, column = self._line_and_column(self._line_starts[place.line - 1] + place.column - 1 + offset)
        return replace(place, line=line, column=column)


def _comment_start(line: str, offset: int, scalars: list[tuple[int, int]]) -> int | None:
    """Return the beginning of the comment line at this offset of the file."""
    for match in COMMENT.finditer(line):
        position = offset + match.start()
        index = bisect_right(scalars, (position, len(line) + position)) - 1
        if index < 0 or position >= scalars[index][1]:
            return match.start()
    return None


def _first_expression(text: str) -> str:
    try:
        part = split(text)[0]
    except ExpressionSyntaxError:
        return text
    return f"#[{part.text}]"
