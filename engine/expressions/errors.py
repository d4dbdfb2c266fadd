"""Errors of expressions: while they are read, and while they run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class ExpressionSyntaxError(Exception):
    """An expression that cannot be compiled.

    `offset` counts characters from the start of the expression; `found`, `expected` and `write`
    make up the message: the text there, the possible texts, the text to write instead.
    """

    def __init__(self, offset: int, found: str, expected: str = "", write: str = "") -> None:
        super().__init__(found)
        self.offset = offset
        self.found = found
        self.expected = expected
        self.write = write


class EvaluationError(Exception):
    """A value that an operator or a function cannot work with. The message names types, never the value."""


class NoProperty(EvaluationError):
    """A property that no source has."""


class NotInFormat(ValueError):
    """A text that is not in the format that it should have. As text: the reason and the place; never a value.

    line and column count from 1; 0 if unknown.
    """

    def __init__(self, reason: str, line: int = 0, column: int = 0) -> None:
        place = f"line {line}, column {column}" if column else f"line {line}"
        super().__init__(f"{reason} ({place})" if line else reason)


def unclosed_quote(offset: int, text: str) -> ExpressionSyntaxError:
    """Return the error for a text that starts with a quote without a closing one."""
    found, quote = text.split("\n", 1)[0][:20], text[0]
    return ExpressionSyntaxError(
        offset, f"{found} without the quote at its end", f"a second {quote}, and \\{quote} for one between them"
    )


@contextmanager
def depth_bounded(place: Callable[[], int] = int) -> Iterator[None]:
    """Refuse an expression nested deeper than Python's recursion allows; `place` returns the offset."""
    try:
        yield
    except RecursionError:
        found, expected = "an expression nested too deeply", "fewer operators inside each other"
        raise ExpressionSyntaxError(place(), found, expected) from None
