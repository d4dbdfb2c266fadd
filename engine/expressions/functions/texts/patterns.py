"""Functions over regular expressions, in RE2's syntax and in linear time: a pattern may come from a payload.

RE2 has no back references and no look-around. Its fast engine takes the same time for each character, its slow one a
step for each instruction of the program. A literal pattern is the author's, and is counted as the fast one takes it;
any other as the slow one. Patterns such as `a.*b|a` take more than is counted, because they look at the whole rest
again for each match: if many matches take far longer than they should, the processor time is counted instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from time import thread_time
from typing import Any

from engine.expressions.budget import STEP, TEXT_BYTES, BudgetSpent, spend
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import Check, function, literal_text
from engine.expressions.functions.limits import refuse_long_list, refuse_long_text
from engine.limits import LARGEST_PROGRAM, LONGEST_PATTERN, LONGEST_TEXT, MOST_COMPARED

HARMLESS = 1_000_000
"""Characters × instructions that the slow engine takes some milliseconds for."""
PER_INSTRUCTION = 16
"""Steps to compile one."""
TOO_LARGE = 1_200_000
"""Steps to compile a program, until it is too large."""
CALL = 300
"""Steps of a call with a short text: crossing from Python to RE2 and back takes longer than the search."""
PER_MATCH, PER_GROUP = 160, 45
"""Steps to find a place, and one of its groups."""
PER_PIECE = 8
"""Steps to fill in one mark of the replacement."""
OFTEN = 64
"""Matches between two checks of the clock."""
FAR = 3
"""How many times longer than counted they may take."""
REFERENCE = r"\$([$0-9])"

_literals: set[str] = set()
"""The patterns in flow files."""


def _compiled(name: str, pattern: str) -> Any:
    if len(pattern) > LONGEST_PATTERN:
        raise EvaluationError(f"{name}() stops at {LONGEST_PATTERN} characters of a pattern")
    compiled = _compile(pattern)
    if compiled is None:
        raise EvaluationError(f"{name}() takes a regular expression (RE2) as argument 2, not another string")
    return compiled


@lru_cache(maxsize=128)
def _compile(pattern: str) -> Any:
    """Return the compiled pattern; None if it is invalid, or too large."""
    import re2  # 10 ms to import, and few flows need it

    options = re2.Options()
    options.max_mem = LARGEST_PROGRAM
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except UnicodeError:
        return None
    except re2.error as error:
        spend(TOO_LARGE if "too large" in str(error) else PER_INSTRUCTION * len(pattern), "a pattern")
        return None
    spend(PER_INSTRUCTION * compiled.programsize, "a pattern")
    return compiled


def _prepared(name: str, text: str, pattern: str) -> Any:
    """Return the compiled pattern, if it may be run over the text."""
    compiled = _compiled(name, pattern)
    compared = len(text) * compiled.programsize
    is_fast = pattern in _literals and (compiled.groups == 0 or compared < HARMLESS)
    spend(max(len(text), 0 if is_fast else compared) // 4, f"{name}()")
    return _fitting(name, text, compiled)


def whole_match(name: str, pattern: str) -> Callable[[str], bool]:
    """Return a function: whether a whole text fits the pattern. Raise EvaluationError for an invalid pattern."""
    compiled = _compiled(name, pattern)
    return lambda text: _fitting(name, text, compiled).fullmatch(text) is not None


def _fitting(name: str, text: str, compiled: Any) -> Any:
    if len(text) > LONGEST_TEXT or len(text) * compiled.programsize > MOST_COMPARED:
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
    compiled = _prepared(name, text, pattern)
    each, began = PER_MATCH + PER_GROUP * compiled.groups, thread_time()
    for number, found in enumerate(compiled.finditer(text), 1):
        spend(each + _group_steps(found, compiled), f"{name}()")
        if number % OFTEN == 0:
            taken, began = thread_time() - began, thread_time()
            _count_far(name, taken, OFTEN * each * STEP)
        yield found


def _count_far(name: str, taken: float, expected: float) -> None:
    """Count the seconds that were taken, if they are far more than expected."""
    try:
        if taken > FAR * expected:
            spend(int(taken / STEP), f"{name}()")
    except BudgetSpent:
        raise BudgetSpent(f"{name}() stops: the pattern takes too long on this text") from None


def _group_steps(found: Any, compiled: Any) -> int:
    """Return the cost of the groups in addition to the place itself."""
    length: int = found.end() - found.start()
    steps: int = length * min(compiled.groups, 1) * compiled.programsize // 5 + length * compiled.groups // 4
    return steps


def _groups(found: Any) -> list[str | None]:
    return [found.group(), *found.groups()]


def _readable(name: str) -> Check:
    """Refuse, at load, a literal pattern that cannot be read."""

    def check(arguments: Sequence[Any]) -> str | None:
        pattern = literal_text(arguments, 1)
        try:
            if pattern is not None:
                _compiled(name, pattern)
                _literals.add(pattern)
        except EvaluationError:
            return f"the pattern '{pattern}' of {name}() is not a regular expression in RE2's syntax"
        return None

    return check


@function("string", "string", check=_readable("matches"), steps=CALL, dataweave="matches", of_null=False)
def matches(text: str, pattern: str) -> bool:
    """Whether the whole text fits a regular expression (RE2's syntax). Null does not.

    matches('AB-12', '[A-Z]+-[0-9]+') → true
    matches('AB-12!', '[A-Z]+-[0-9]+') → false
    """
    return _prepared("matches", text, pattern).fullmatch(text) is not None


@function("string", "string", check=_readable("match"), steps=CALL, dataweave="match (pattern)", of_null=None)
def match(text: str, pattern: str) -> list[str | None] | None:
    """The first place that fits a regular expression, and the text of its groups; null if none does.

    Write `^…$` for the whole text, and `(?i)` in front to ignore case.

    match('order 17 of 20', '([0-9]+) of ([0-9]+)') → ["17 of 20", "17", "20"]
    match('order', '[0-9]') → null
    """
    compiled = _prepared("match", text, pattern)
    found = compiled.search(text)
    if found is None:
        return None
    spend(PER_MATCH + PER_GROUP * compiled.groups + _group_steps(found, compiled), "match()")
    return _groups(found)


@function("string", "string", check=_readable("scan"), steps=CALL, dataweave="scan", of_null=None)
def scan(text: str, pattern: str) -> list[list[str | None]]:
    """All places that fit a regular expression, each as in match.

    scan('a1 b2', '([a-z])([0-9])') → [["a1", "a", "1"], ["b2", "b", "2"]]
    """
    places: list[list[str | None]] = []
    for found in _occurrences("scan", text, pattern):
        refuse_long_list(len(places) + 1, "scan")
        places.append(_groups(found))
    return places


@function(
    "string", "string", "string", check=_readable("replace_re"), steps=CALL, dataweave="replace … with", of_null=None
)
def replace_re(text: str, pattern: str, new: str) -> str:
    """The text with the new one in place of each part that fits a regular expression.

    `$1` to `$9` are the text of the groups, `$0` is all of it, `$$` is `$`.

    replace_re('2026-03-01', '([0-9]+)-([0-9]+)-([0-9]+)', '$3.$2.$1') → "01.03.2026"
    """
    parts, end, length = [], 0, 0
    template = re.split(REFERENCE, new)
    spend(PER_PIECE * len(template), "replace_re()")
    for found in _occurrences("replace_re", text, pattern):
        spend(PER_PIECE * len(template) + len(new) // TEXT_BYTES, "replace_re()")
        parts += [text[end : found.start()], _filled_in(template, found)]
        length += len(parts[-1])
        refuse_long_text(length, "replace_re")
        end = found.end()
    return "".join([*parts, text[end:]])


def _filled_in(template: list[str], found: Any) -> str:
    """Return the template, in which a text and a mark alternate, with the groups in place of the marks."""
    if len(template) == 1:
        return template[0]
    groups = _groups(found)
    marks = (_group(groups, mark) for mark in template[1::2])
    return "".join([*chain.from_iterable(zip(template[::2], marks, strict=False)), template[-1]])


def _group(groups: list[str | None], mark: str) -> str:
    if mark == "$":
        return mark
    if int(mark) >= len(groups):
        raise EvaluationError(f"replace_re() has no group {mark} in the pattern")
    return groups[int(mark)] or ""


@function("string", "string", check=_readable("split_re"), steps=CALL, dataweave="splitBy (pattern)", of_null=None)
def split_re(text: str, pattern: str) -> list[str]:
    """The parts between the matches of a regular expression.

    split_re('a, b;c', '[,;] *') → ["a", "b", "c"]
    """
    parts, end = [], 0
    for found in _occurrences("split_re", text, pattern):
        if found.end() > found.start():
            parts.append(text[end : found.start()])
            end = found.end()
    spend(len(text) // TEXT_BYTES, "split_re()")
    return [*parts, text[end:]]
