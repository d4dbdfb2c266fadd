"""What can go wrong with an expression: while it is read, and while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class ExpressionSyntaxError(Exception):
    """An expression that cannot be compiled.

    `offset` counts characters from the start of the expression; `found`, `expected` and `write`
    make up the message: what stands there, what could stand there, what to write instead.
    """

    def __init__(self, offset: int, found: str, expected: str = "", write: str = "") -> None:
        super().__init__(found)
        self.offset = offset
        self.found = found
        self.expected = expected
        self.write = write


class EvaluationError(Exception):
    """A value that an operator or a function cannot work with. The text names types, never the value."""


class NotInFormat(ValueError):
    """A text that is not in the format that it should have. As text: why, and where; never a value.

    line and column count from 1; 0 where nobody knows.
    """

    def __init__(self, reason: str, line: int = 0, column: int = 0) -> None:
        place = f"line {line}, column {column}" if column else f"line {line}"
        super().__init__(f"{reason} ({place})" if line else reason)


def unclosed_quote(offset: int, text: str) -> ExpressionSyntaxError:
    """The mistake of a text whose first character is a quote that has no second one."""
    found, quote = text.split("\n", 1)[0][:20], text[0]
    return ExpressionSyntaxError(
        offset, f"{found} without the quote at its end", f"a second {quote}, and \\{quote} for one between them"
    )


@contextmanager
def depth_bounded(place: Callable[[], int] = int) -> Iterator[None]:
    """Refuse an expression whose nesting is more than Python's recursion takes; `place` says where that was."""
    try:
        yield
    except RecursionError:
        found, expected = "an expression nested too deeply", "fewer operators inside each other"
        raise ExpressionSyntaxError(place(), found, expected) from None
