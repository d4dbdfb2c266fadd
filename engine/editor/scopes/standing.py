"""What stands at the end of an expression that is being written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.editor.scopes.shape import UNKNOWN, Shape
from engine.expressions.digits import is_digits

WORD = re.compile(r"\$?\w*\Z")
FARTHEST = 15_000
"""How many characters before the cursor are read."""


@dataclass(frozen=True)
class Call:
    """The innermost call of a function around the end: its name, and the number of the argument, from 0."""

    name: str
    argument: int


@dataclass
class Frame:
    """A bracket that is open, or the whole expression.

    here: what a bare name is a member of. value: the value written so far, None if an operand may begin. after_dot:
    whether a member of the value follows. is_several: whether what follows happens to each item of it.
    """

    kind: str
    here: Shape
    outer: Shape = UNKNOWN
    value: Shape | None = None
    after_dot: bool = False
    is_several: bool = False
    name: str = ""
    arguments: list[Shape] = field(default_factory=list)
    entries: dict[str, Shape] = field(default_factory=dict)
    key: str = ""
    is_key_next: bool = False
    is_computed: bool = False
    """Whether an operator stands before the value, so that the value of the whole is another one."""

    @property
    def result(self) -> Shape:
        """The value of what is written so far."""
        value = UNKNOWN if self.value is None or self.is_computed else self.value
        return Shape.of_items(value) if self.is_several and value else value

    def begin(self) -> None:
        """Expect an operand."""
        self.value, self.after_dot, self.is_several = None, False, False


@dataclass(frozen=True)
class Standing:
    """of: the value whose members may follow, None if a name stands for itself. names: those of `here`.

    word: what is typed of the name. is_text: whether the end is inside of a text, where nothing can be completed.
    """

    word: str
    of: Shape | None = None
    here: Shape = UNKNOWN
    variables: Mapping[str, Shape] = field(default_factory=dict)
    call: Call | None = None
    is_text: bool = False
    is_operand: bool = True
    """Whether a value may begin here, not an operator."""

    is_inner: bool = False
    """Whether bare names are members of an item, not the roots."""

    value: Shape = UNKNOWN
    """The value of all that is written."""


def cut(text: str) -> tuple[str, str]:
    """Return an expression without the word at its end, and the word."""
    text = text[-FARTHEST:]
    found = WORD.search(text, max(0, len(text) - 200))
    word = found[0] if found else ""
    if is_digits(word[:1]):
        word = ""
    return text[: len(text) - len(word)], word
