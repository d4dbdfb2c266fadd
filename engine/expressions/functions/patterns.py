"""Functions over regular expressions, in RE2's syntax and in linear time: a pattern may come from a payload.

RE2 has no back references and no look-around. Two bounds keep a hostile pattern from costing time:
one on text × program (a step of RE2's slowest engine costs some 3 ns), and one on the processor time
of all matches of a text, since `a.*b|a` looks at the whole rest again for each of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from time import thread_time
from typing import Any

from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import function
from engine.expressions.functions.limits import refuse_long_text
from engine.limits import LONGEST_TEXT

LONGEST_PATTERN = 1000
LARGEST_PROGRAM = 1 << 20
"""Bytes: RE2's budget for one pattern; its cache holds 128 of them."""
MOST_STEPS = 200_000_000
LONGEST_SEARCH = 0.5
"""Seconds of processor time."""
REFERENCE = r"\$([$0-9])"


def _compiled(name: str, pattern: str) -> Any:
    import re2  # 10 ms to import, and few flows need it

    if len(pattern) > LONGEST_PATTERN:
        raise EvaluationError(f"{name}() stops at {LONGEST_PATTERN} characters of a pattern")
    options = re2.Options()
    options.max_mem = LARGEST_PROGRAM
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeError):
        raise EvaluationError(f"{name}() takes a regular expression (RE2) as argument 2, not another string") from None


def _prepared(name: str, text: str, pattern: str) -> Any:
    """The compiled pattern, where it may be run over the text."""
    return _fitting(name, text, _compiled(name, pattern))


def whole_match(name: str, pattern: str) -> Callable[[str], bool]:
    """Whether a whole text fits the pattern, as a function. Raises EvaluationError for a pattern that is none."""
    compiled = _compiled(name, pattern)
    return lambda text: _fitting(name, text, compiled).fullmatch(text) is not None


def _fitting(name: str, text: str, compiled: Any) -> Any:
    if len(text) > LONGEST_TEXT or len(text) * compiled.programsize > MOST_STEPS:
        raise EvaluationError(f"{name}() stops: the text is too long for this pattern")
    if not text.isascii():
        _refuse_surrogates(name, text)
    return compiled


def _refuse_surrogates(name: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeError:
        raise EvaluationError(f"{name}() takes a string of Unicode characters, not one with half of a pair") from None


def _occurrences(name: str, text: str, pattern: str) -> Iterator[Any]:
    end = thread_time() + LONGEST_SEARCH
    for found in _prepared(name, text, pattern).finditer(text):
        if thread_time() > end:
            raise EvaluationError(f"{name}() stops: the pattern takes too long on this text")
        yield found


def _groups(found: Any) -> list[str | None]:
    return [found.group(), *found.groups()]


def _readable(name: str) -> Callable[[Sequence[Any]], str | None]:
    """Refuses, at load, a literal pattern that cannot be read."""

    def check(arguments: Sequence[Any]) -> str | None:
        pattern = arguments[1]["value"] if arguments[1]["type"] == "literal" else None
        try:
            if isinstance(pattern, str):
                _compiled(name, pattern)
        except EvaluationError:
            return f"the pattern '{pattern}' of {name}(), which is no regular expression in RE2's syntax"
        return None

    return check


@function("string", "string", check=_readable("matches"), dataweave="matches", of_null=False)
def matches(text: str, pattern: str) -> bool:
    """Whether the whole text fits a regular expression (RE2's syntax). Null does not.

    matches('AB-12', '[A-Z]+-[0-9]+') → true
    matches('AB-12!', '[A-Z]+-[0-9]+') → false
    """
    return _prepared("matches", text, pattern).fullmatch(text) is not None


@function("string", "string", check=_readable("match"), dataweave="match (pattern)", of_null=None)
def match(text: str, pattern: str) -> list[str | None] | None:
    """The first place that fits a regular expression, and what its groups hold; null where none does.

    Write `^…$` for the whole text, and `(?i)` in front to ignore case.

    match('order 17 of 20', '([0-9]+) of ([0-9]+)') → ["17 of 20", "17", "20"]
    match('order', '[0-9]') → null
    """
    found = _prepared("match", text, pattern).search(text)
    return None if found is None else _groups(found)


@function("string", "string", check=_readable("scan"), dataweave="scan", of_null=None)
def scan(text: str, pattern: str) -> list[list[str | None]]:
    """All places that fit a regular expression, each as by match.

    scan('a1 b2', '([a-z])([0-9])') → [["a1", "a", "1"], ["b2", "b", "2"]]
    """
    return [_groups(found) for found in _occurrences("scan", text, pattern)]


@function("string", "string", "string", check=_readable("replace_re"), dataweave="replace … with", of_null=None)
def replace_re(text: str, pattern: str, new: str) -> str:
    """The text with the new one in place of all that fits a regular expression.

    `$1` to `$9` are what the groups hold, `$0` is all of it, `$$` is `$`.

    replace_re('2026-03-01', '([0-9]+)-([0-9]+)-([0-9]+)', '$3.$2.$1') → "01.03.2026"
    """
    parts, end, length = [], 0, 0
    for found in _occurrences("replace_re", text, pattern):
        parts += [text[end : found.start()], _filled_in(new, found)]
        length += len(parts[-1])
        refuse_long_text(length, "replace_re")
        end = found.end()
    return "".join([*parts, text[end:]])


def _filled_in(template: str, found: Any) -> str:
    groups = _groups(found)
    return re.sub(REFERENCE, lambda mark: "$" if mark[1] == "$" else _group(groups, int(mark[1])), template)


def _group(groups: list[str | None], number: int) -> str:
    if number >= len(groups):
        raise EvaluationError(f"replace_re() has no group {number} in the pattern")
    return groups[number] or ""


@function("string", "string", check=_readable("split_re"), dataweave="splitBy (pattern)", of_null=None)
def split_re(text: str, pattern: str) -> list[str]:
    """The parts between what fits a regular expression.

    split_re('a, b;c', '[,;] *') → ["a", "b", "c"]
    """
    parts, end = [], 0
    for found in _occurrences("split_re", text, pattern):
        if found.end() > found.start():
            parts.append(text[end : found.start()])
            end = found.end()
    return [*parts, text[end:]]
