"""Finds the places in a script of errors that were raised in its compiled code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import FrameType
from typing import NamedTuple

SCRIPT = "<script>"
"""The name of the file of compiled code in tracebacks."""
PLACED = "  # "
"""Stands in compiled code before the offsets of a line's part of the script: `12-34`."""
OFFSETS = re.compile(re.escape(PLACED) + r"([0-9]+)-([0-9]+)$")
LINES, TEXT, NAMES = "__lines__", "__text__", "__names__"
"""Names in compiled code: its lines, the text of the script, and the names of the script's functions."""


class Place(NamedTuple):
    """A part of a script. function: the function of the script in which it is, or main. text: the whole script."""

    start: int
    end: int
    function: str
    text: str

    @property
    def line(self) -> int:
        return self.text.count("\n", 0, self.start) + 1

    @property
    def column(self) -> int:
        return self.start - self.text.rfind("\n", 0, self.start)

    def __str__(self) -> str:
        return f"{self.function} (anonymous:{self.line}:{self.column})"

    def shown(self) -> str:
        """Return the line with a mark under the part, as Mule shows it."""
        written = self.text.split("\n")[self.line - 1]
        marks = "^" * max(1, min(self.end - self.start, len(written) - self.column + 1))
        head = f"{self.line}| "
        return f"\n{head}{written}\n{' ' * (len(head) + self.column - 1)}{marks}"


def places(error: BaseException) -> list[Place]:
    """Return the places through which an error came, the innermost first."""
    found: list[Place] = []
    traceback = error.__traceback__
    while traceback is not None:
        place = _place(traceback.tb_frame, traceback.tb_lineno)
        if place is not None:
            found.append(place)
        traceback = traceback.tb_next
    return found[::-1]


def calls(error: BaseException) -> Iterator[Place]:
    """Yield the places in functions that have a name, and the one in the main script behind them."""
    found = places(error)
    yield from (each for each in found if each.function != "main")
    yield from [each for each in found if each.function == "main"][:1]


def is_raised_here(error: BaseException) -> bool:
    """Return whether the compiled code itself raised the error, and no function that it called."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback is not None and traceback.tb_frame.f_code.co_filename == SCRIPT


def _place(frame: FrameType, line: int) -> Place | None:
    if frame.f_code.co_filename != SCRIPT:
        return None
    space = frame.f_globals
    found = OFFSETS.search(space[LINES][line - 1])
    if found is None:
        return None
    function = space[NAMES].get(frame.f_code.co_name, "main")
    return Place(int(found[1]), int(found[2]), function, space[TEXT])
