"""Several statements in one text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from processors.db._places import TOKEN
from processors.db._sql import check_verb, checked

PIECE = re.compile(f"(?P<token>{TOKEN.pattern})|(?P<end>;)|(?P<word>\\w+)|(?P<other>.)", re.VERBOSE | re.DOTALL)
# Statements with statements inside: the text between BEGIN and END belongs to them.
ROUTINE = re.compile(r"CREATE\b.*?\b(TRIGGER|PROCEDURE|FUNCTION|EVENT|PACKAGE)$", re.DOTALL)
OPENING, CLOSING = frozenset({"BEGIN", "CASE"}), "END"
OF_LOOPS = frozenset({"IF", "LOOP", "WHILE", "REPEAT"})


def checked_script(value: Any) -> tuple[str, ...]:
    """Return the statements of a script, each checked as if it were alone."""
    statements = tuple(statements_in(checked(value)))
    for statement in statements:
        check_verb(statement)
    return statements


def statements_in(script: str) -> Iterator[str]:
    """Split a script at its semicolons; those in quotes, comments and routines are left alone."""
    start, depth, words = 0, 0, ""
    is_routine = is_closed = False
    for piece in PIECE.finditer(script):
        if piece["word"]:
            word = piece["word"].upper()
            words = f"{words} {word}".lstrip() if len(words) < 200 else words
            is_routine = is_routine or bool(ROUTINE.match(words))
            depth += _step(word, is_closed=is_closed) if is_routine else 0
            is_closed = word == CLOSING
        elif piece["end"] and depth <= 0:
            if words:
                yield script[start : piece.start()].strip()
            start, depth, words, is_routine = piece.end(), 0, "", False
    if words:
        yield script[start:].strip()


def _step(word: str, *, is_closed: bool) -> int:
    """Return the change of depth after the word. END IF ends nothing that was counted, END CASE was counted at END."""
    if is_closed:
        return 1 if word in OF_LOOPS else 0
    return 1 if word in OPENING else -1 if word == CLOSING else 0
