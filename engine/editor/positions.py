"""Lines and UTF-16 columns of the editor's protocol ↔ characters of a text ↔ lines and columns of the loader."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cached_property

END_OF_LINE = re.compile("\r\n|\n|\r")
"""The ends of lines that the protocol knows; YAML knows some more, which are characters here."""
END_OF_LINE_OF_YAML = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
MARK = "\ufeff"
"""What an editor may leave before the text: the loader drops it."""
OF_TWO_UNITS = re.compile("[\U00010000-\U0010ffff]")


class Lines:
    """The lines of a text, for both."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.starts = [0, *(match.end() for match in END_OF_LINE.finditer(source))]
        """The offset of each line."""

    def offset(self, line: int, character: int) -> int:
        """Return the offset of a line from 0 and a column in units of UTF-16 from 0.

        Beyond the end of a line it is that end; in the middle of a character it is its beginning.
        """
        if line < 0 or line >= len(self.starts):
            return 0 if line < 0 else len(self.source)
        start, end = self.starts[line], self._end(line)
        text = self.source[start:end]
        if text.isascii() or not OF_TWO_UNITS.search(text):
            return start + min(max(character, 0), len(text))
        return start + _characters(text, character)

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and the column in units of UTF-16, both from 0; of the nearest, if it is outside."""
        offset = min(max(offset, 0), len(self.source))
        line = bisect_right(self.starts, offset) - 1
        text = self.source[self.starts[line] : min(offset, self._end(line))]
        return line, len(text) + len(OF_TWO_UNITS.findall(text))

    def offset_of(self, line: int, column: int) -> int:
        """Return the offset of a line and a column of the loader, in characters, both from 1."""
        starts = self._starts_of_yaml
        start = starts[min(max(line, 1), len(starts)) - 1]
        return min(start + max(column, 1) - 1, len(self.source))

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of the loader, both from 1."""
        starts = self._starts_of_yaml
        line = max(bisect_right(starts, offset), 1)
        return line, max(offset - starts[line - 1], 0) + 1

    def offset_in_file(self, offset: int) -> int:
        """Return the offset in this text of an offset in the text that the loader reads.

        That one has no mark at its beginning, and one character at the end of each line.
        """
        within = offset + self.source.startswith(MARK)
        return within + bisect_right(self._shifted, within)

    def offset_in_document(self, offset: int) -> int:
        """Return the offset in the text that the loader reads of an offset in this text."""
        before = bisect_left(self._pairs, offset)
        return max(offset - before - self.source.startswith(MARK), 0)

    @cached_property
    def _starts_of_yaml(self) -> list[int]:
        mark = int(self.source.startswith(MARK))
        return [mark, *(match.end() for match in END_OF_LINE_OF_YAML.finditer(self.source))]

    @cached_property
    def _pairs(self) -> list[int]:
        """The offsets of the second characters of CR LF."""
        return [match.start() + 1 for match in re.finditer("\r\n", self.source)]

    @cached_property
    def _shifted(self) -> list[int]:
        """The offsets of those, each without the ones before it."""
        return [offset - number for number, offset in enumerate(self._pairs)]

    def _end(self, line: int) -> int:
        """Return the end of a line, without what ends it."""
        if line + 1 >= len(self.starts):
            return len(self.source)
        end = self.starts[line + 1] - 1
        return end - 1 if self.source[end - 1 : end + 1] == "\r\n" else end


def _characters(text: str, units: int) -> int:
    """Return how many whole characters of a text are in its first units of UTF-16."""
    for number, character in enumerate(text):
        units -= 2 if character > "\uffff" else 1
        if units < 0:
            return number
    return len(text)
