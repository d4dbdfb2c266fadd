"""Functions of dw::Core over texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.dataweave.library.core.lists import CORE
from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.library.walking import check_list
from engine.expressions.dataweave.values.functions import Function, as_callable
from engine.expressions.dataweave.values.joining import check_length, paid_text
from engine.expressions.dataweave.values.regexes import Regex
from engine.expressions.dataweave.values.texts import as_text

BLANKS = "".join(map(chr, range(33)))
"""What Java's trim removes."""
PER_FOUND = 24
"""Steps to find one place."""
NULL_TEXT = "(text: Null) -> Null"


@defined(CORE, "upper", "(text: String) -> String", NULL_TEXT)
def upper(text: str) -> str:
    """Return the text in upper case."""
    return paid_text(text.upper(), "upper")


@defined(CORE, "lower", "(text: String) -> String", NULL_TEXT)
def lower(text: str) -> str:
    """Return the text in lower case."""
    return paid_text(text.lower(), "lower")


@defined(CORE, "trim", "(text: String) -> String", NULL_TEXT)
def trim(text: str) -> str:
    """Return the text without blanks, tabs and ends of lines at its beginning and end."""
    return paid_text(text.strip(BLANKS), "trim")


@defined(CORE, "isBlank", "(text: String) -> Boolean", "(text: Null) -> true")
def is_blank(text: str) -> bool:
    """Return whether the text is empty or has nothing but blanks."""
    spend(len(text) // 16, "isBlank")
    return not text.strip(BLANKS)


@defined(CORE, "startsWith", "(text: String, prefix: String) -> Boolean", "(text: Null, prefix: Any) -> false")
def starts_with(text: str, prefix: str) -> bool:
    """Return whether the text begins with another one."""
    return text.startswith(prefix)


@defined(CORE, "endsWith", "(text: String, suffix: String) -> Boolean", "(text: Null, suffix: Any) -> false")
def ends_with(text: str, suffix: str) -> bool:
    """Return whether the text ends with another one."""
    return text.endswith(suffix)


@defined(CORE, "contains", "(text: String, toSearch: String) -> Boolean")
def contains_text(text: str, part: str) -> bool:
    """Return whether the text has another one in it."""
    _search(text, part, "contains")
    return part in text


@defined(CORE, "contains", "(text: String, toSearch: Regex) -> Boolean")
def contains_match(text: str, pattern: Regex) -> bool:
    """Return whether a part of the text fits a regular expression."""
    return pattern.first(text) is not None


def _search(text: str, part: str, what: str) -> None:
    """Pay for searching: Python's search takes about linear time."""
    spend((len(text) + len(part)) // 16, what)


@defined(CORE, "indexOf", "(text: String, toFind: String) -> Number")
def index_in_text(text: str, part: str) -> int:
    """Return the position of the first occurrence of a text in another; -1 if there is none."""
    _search(text, part, "indexOf")
    return text.find(part)


@defined(CORE, "lastIndexOf", "(text: String, toFind: String) -> Number")
def last_index_in_text(text: str, part: str) -> int:
    """Return the position of the last occurrence of a text in another; -1 if there is none."""
    _search(text, part, "lastIndexOf")
    return text.rfind(part) if part else len(text) - 1


@defined(CORE, "find", "(text: String, toFind: String) -> Array<Number>")
def find_text(text: str, part: str) -> list[int]:
    """Return the positions of all occurrences of a text in another."""
    _search(text, part, "find")
    if not part:
        return list(range(len(text)))
    found: list[int] = []
    at = text.find(part)
    while at >= 0:
        found.append(at)
        spend(PER_FOUND, "find")
        at = text.find(part, at + len(part))
    return found


@defined(CORE, "find", "(text: String, matcher: Regex) -> Array<Array<Number>>")
def find_matches(text: str, pattern: Regex) -> list[list[int]]:
    """Return for each place that fits a regular expression the positions of the whole and of its groups."""
    return [[found.start(group) for group in range(len(found.groups()) + 1)] for found in pattern.all(text)]


@defined(CORE, "splitBy", "(text: String, separator: String) -> Array<String>", "(text: Null, separator: Any) -> Null")
def split_by(text: str, separator: str) -> list[str]:
    """Return the parts between a separator, without empty ones at the end."""
    spend(len(text) // 4, "splitBy")
    parts = text.split(separator) if separator else list(text) or [""]
    check_list(len(parts), "splitBy")
    return _without_empty_ends(parts, text)


@defined(CORE, "splitBy", "(text: String, separator: Regex) -> Array<String>")
def split_by_regex(text: str, pattern: Regex) -> list[str]:
    """Return the parts between the places that fit a regular expression, without empty ones at the end."""
    parts, end = [], 0
    for found in pattern.all(text):
        if found.end() == 0 or (found.end() == found.start() and found.start() in (0, len(text))):
            continue
        parts.append(text[end : found.start()])
        end = found.end()
    check_list(len(parts), "splitBy")
    return _without_empty_ends([*parts, text[end:]], text)


def _without_empty_ends(parts: list[str], text: str) -> list[str]:
    if len(parts) == 1:
        return parts
    while parts and not parts[-1]:
        parts.pop()
    return parts


def groups(found: Any) -> list[str | None]:
    """Return the text of a match and of its groups, null for a group that took no part."""
    return [found.group(), *found.groups()]


@defined(CORE, "match", "(text: String, matcher: Regex) -> Array<String>", "(text: Null, matcher: Any) -> Null")
def match(text: str, pattern: Regex) -> list[str | None]:
    """Return the text, if all of it fits a regular expression, and its groups; else an empty list."""
    found = pattern.whole(text)
    return [] if found is None else groups(found)


@defined(CORE, "matches", "(text: String, matcher: Regex) -> Boolean", "(text: Null, matcher: Any) -> false")
def matches(text: str, pattern: Regex) -> bool:
    """Return whether all of the text fits a regular expression."""
    return pattern.whole(text) is not None


@defined(CORE, "scan", "(text: String, matcher: Regex) -> Array<Array<String>>", "(text: Null, matcher: Any) -> Null")
def scan(text: str, pattern: Regex) -> list[list[str | None]]:
    """Return each place that fits a regular expression, with its groups."""
    found = [groups(each) for each in pattern.all(text)]
    check_list(len(found), "scan")
    return found


Replacer = Callable[[Sequence[Any], int], Any]


@defined(CORE, "replace", "(text: String, matcher: Regex) -> Function")
def replace(text: str, pattern: Regex) -> Function:
    """Return what `with` needs to replace each place that fits a regular expression."""

    def put(replacer: Any) -> str:
        new = as_callable(replacer, 2)
        return _replaced(text, ((each.start(), each.end(), groups(each)) for each in pattern.all(text)), new)

    return Function("replace", 1, put)


@defined(CORE, "replace", "(text: String, matcher: String) -> Function")
def replace_text(text: str, part: str) -> Function:
    """Return what `with` needs to replace each occurrence of a text in another."""

    def put(replacer: Any) -> str:
        places = find_text(text, part) if part else range(len(text) + 1)
        return _replaced(text, ((at, at + len(part), [part]) for at in places), as_callable(replacer, 2))

    return Function("replace", 1, put)


@defined(CORE, "replace", "(text: Null, matcher: Any) -> Function")
def replace_nothing(text: None, matcher: Any) -> Function:
    return Function("replace", 1, lambda replacer: None)


def _replaced(text: str, places: Any, new: Replacer) -> str:
    parts: list[str] = []
    end = 0
    for index, (start, stop, found) in enumerate(places):
        parts += (text[end:start], as_text(new(found, index)))
        check_length(len(parts[-1]) + 64, "replace")
        end = stop
    check_length(sum(map(len, parts)) + len(text) - end, "replace")
    return "".join([*parts, text[end:]])


@defined(CORE, "with", "(toBeReplaced: Function, replacer: (groups: Array<String>, index: Number) -> Any) -> Any")
def with_(replacement: Function, replacer: Replacer) -> Any:
    """Return the text with each place replaced by what a function of its text, its groups and its index returns."""
    return replacement.taking(1)(Function("", 2, replacer))


@defined(CORE, "sizeOf", "(text: String) -> Number", "(value: Null) -> Null")
def size_of_text(text: str) -> int:
    """Return the length of the text, as Java counts it: a character beyond U+FFFF is two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-be", "surrogatepass")) // 2


@defined(CORE, "isEmpty", "(text: String) -> Boolean", "(value: Null) -> true")
def is_empty_text(text: str) -> bool:
    """Return whether the text has no characters."""
    return not text
