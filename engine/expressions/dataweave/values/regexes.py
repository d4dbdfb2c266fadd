"""Regular expressions: RE2, in linear time; what RE2 does not have, by an engine with a time limit."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from time import thread_time
from typing import Any

from engine.expressions.budget import STEP, spend
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.kinds import KINDS
from engine.limits import LARGEST_PROGRAM, LONGEST_PATTERN, LONGEST_SEARCH, LONGEST_TEXT, MOST_COMPARED

PER_INSTRUCTION = 16
"""Steps to compile one."""
CALL = 300
PER_MATCH, PER_GROUP = 500, 45
"""Steps to find a place, and one of its groups."""
OFTEN = 64
"""Matches between two looks at the clock."""
FAR = 3
"""How many times longer than counted they may take."""
PER_BACKTRACKED = 64
"""Steps for each character that it reads."""


class Regex:
    """A regular expression as written between slashes."""

    __slots__ = ("pattern",)

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Regex) and self.pattern == other.pattern

    def __hash__(self) -> int:
        return hash(self.pattern)

    def __repr__(self) -> str:
        return f"Regex({self.pattern!r})"

    def to_json(self) -> str:
        return self.pattern

    def whole(self, text: str) -> Any:
        """Return the match of the whole text, or None."""
        return self._run("fullmatch", text)

    def first(self, text: str, start: int = 0) -> Any:
        """Return the first match, or None."""
        return next(self._found(text, start), None)

    def all(self, text: str) -> Iterator[Any]:
        """Return each match from left to right; each is paid for."""
        began = thread_time()
        for number, match in enumerate(self._found(text, 0), 1):
            each = PER_MATCH + PER_GROUP * len(match.groups())
            spend(each, "a regular expression")
            if number % OFTEN == 0:
                taken, began = thread_time() - began, thread_time()
                if taken > FAR * OFTEN * each * STEP:
                    spend(int(taken / STEP), "a regular expression")
            yield match

    def _found(self, text: str, start: int) -> Iterator[Any]:
        engine, compiled = self._prepared(text)
        if engine == "re2":
            yield from compiled.finditer(text, start)
            return
        try:
            yield from compiled.finditer(text, start, timeout=LONGEST_SEARCH)
        except TimeoutError:
            raise _too_slow() from None

    def _run(self, method: str, text: str) -> Any:
        engine, compiled = self._prepared(text)
        if engine == "re2":
            return getattr(compiled, method)(text)
        try:
            return getattr(compiled, method)(text, timeout=LONGEST_SEARCH)
        except TimeoutError:
            raise _too_slow() from None

    def _prepared(self, text: str) -> tuple[str, Any]:
        engine, compiled, size = compiled_regex(self.pattern)
        if len(text) > LONGEST_TEXT or len(text) * size > MOST_COMPARED:
            raise Failed("a regular expression stops: the text is too long for it")
        spend(CALL + (len(text) if engine == "re2" else PER_BACKTRACKED * len(text)), "a regular expression")
        if not text.isascii():
            _refuse_surrogates(text)
        return engine, compiled


KINDS[Regex] = "Regex"


def _too_slow() -> Failed:
    return Failed("a regular expression stops: it takes too long on this text")


def _refuse_surrogates(text: str) -> None:
    try:
        text.encode()
    except UnicodeError:
        raise Failed("a regular expression takes a text of Unicode characters, not one with half of a pair") from None


@lru_cache(maxsize=256)
def compiled_regex(pattern: str) -> tuple[str, Any, int]:
    """Return the engine's name, the compiled pattern and its size. Raise Failed for an invalid one."""
    if len(pattern) > LONGEST_PATTERN:
        raise Failed(f"a regular expression stops at {LONGEST_PATTERN} characters")
    return _by_re2(pattern) or _by_backtracking(pattern)


def _by_re2(pattern: str) -> tuple[str, Any, int] | None:
    import re2  # 10 ms to import, and few scripts need it

    options = re2.Options()
    options.max_mem = LARGEST_PROGRAM
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except (re2.error, UnicodeError):
        return None
    spend(PER_INSTRUCTION * compiled.programsize, "a regular expression")
    return "re2", compiled, compiled.programsize


def _by_backtracking(pattern: str) -> tuple[str, Any, int]:
    try:
        import regex
    except ImportError:
        needed = "a regular expression that is not RE2's"
        raise Failed(f"{needed} needs the package regex: pip install 'flow-engine[dataweave]'") from None
    spend(PER_INSTRUCTION * 8 * len(pattern), "a regular expression")
    try:
        return "regex", regex.compile(pattern, regex.VERSION0 | regex.ASCII), max(len(pattern), 1)
    except (regex.error, OverflowError, RecursionError, ValueError):
        raise Failed("the text is not a regular expression", "PatternSyntaxException") from None
