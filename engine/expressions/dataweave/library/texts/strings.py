"""dw::core::Strings."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from unicodedata import category

from engine.expressions.budget import spend
from engine.expressions.dataweave.library.core.texts import NULL_TEXT, replace
from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.library.texts.inflections import plural, singular
from engine.expressions.dataweave.library.walking import Item, check_list, truth, walked
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.functions import Function
from engine.expressions.dataweave.values.joining import check_length, paid_text
from engine.expressions.dataweave.values.numbers import exact
from engine.expressions.dataweave.values.regexes import Regex
from engine.expressions.dataweave.values.texts import as_text

STRINGS = "dw::core::Strings"
TEXT = "(text: String) -> String"
LINES = re.compile(r"\r\n|\n|\r")
BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Where a word begins inside a name."""
BETWEEN = re.compile(r"[\s_-]")
FIRST = re.compile(r"\b[a-z]", re.ASCII)
PER_CHARACTER = 8
"""Steps to take a name apart."""


def whole(number: Any) -> int:
    return int(exact(number))


@defined(STRINGS, "appendIfMissing", "(text: String, suffix: String) -> String", "(text: Null, suffix: Any) -> Null")
def append_if_missing(text: str, suffix: str) -> str:
    """Return the text with a suffix, unless it ends with it."""
    return text if text.endswith(suffix) else paid_text(text + suffix, "appendIfMissing")


@defined(STRINGS, "prependIfMissing", "(text: String, prefix: String) -> String", "(text: Null, prefix: Any) -> Null")
def prepend_if_missing(text: str, prefix: str) -> str:
    """Return the text with a prefix, unless it begins with it."""
    return text if text.startswith(prefix) else paid_text(prefix + text, "prependIfMissing")


@defined(STRINGS, "camelize", TEXT, NULL_TEXT)
def camelize(text: str) -> str:
    """Return the text with a capital in place of each underscore and the letter after it: customerFirstName."""
    spend(PER_CHARACTER * len(text), "camelize")
    head, *rest = [part for part in text.split("_") if part] or [""]
    return head[:1].lower() + head[1:] + "".join(part[0].upper() + part[1:] for part in rest)


def _parted(text: str, sign: str, what: str) -> str:
    """Return a name in small letters, with a sign between its words and in place of blanks, `_` and `-`."""
    spend(PER_CHARACTER * len(text), what)
    return BETWEEN.sub(sign, BORDER.sub(sign, text)).lower()


@defined(STRINGS, "capitalize", TEXT, NULL_TEXT)
def capitalize(text: str) -> str:
    """Return the words of a name with capitals and blanks between them: Customer First Name."""
    words_ = _parted(text, " ", "capitalize")
    return FIRST.sub(lambda found: found[0].upper(), words_[:1].upper() + words_[1:])


@defined(STRINGS, "dasherize", TEXT, NULL_TEXT)
def dasherize(text: str) -> str:
    """Return the words of a name with hyphens between them: customer-first-name."""
    return _parted(text, "-", "dasherize")


@defined(STRINGS, "underscore", TEXT, NULL_TEXT)
def underscore(text: str) -> str:
    """Return the words of a name with underscores between them: customer_first_name."""
    return _parted(text, "_", "underscore")


@defined(STRINGS, "charCode", "(content: String) -> Number", "(content: Null) -> Null")
def char_code(text: str) -> int:
    """Return the Unicode number of the first character."""
    if not text:
        raise Failed("charCode takes a text that is not empty")
    return ord(text[0])


@defined(
    STRINGS, "charCodeAt", "(content: String, position: Number) -> Number", "(content: Null, position: Any) -> Null"
)
def char_code_at(text: str, position: Any) -> int:
    """Return the Unicode number of the character at a position."""
    at = whole(position)
    if not 0 <= at < len(text):
        raise Failed("charCodeAt takes a position within the text")
    return ord(text[at])


@defined(STRINGS, "fromCharCode", "(charCode: Number) -> String", "(charCode: Null) -> Null")
def from_char_code(code: Any) -> str:
    """Return the character of a Unicode number."""
    number = whole(code)
    if not 0 <= number < 0x110000:
        raise Failed("fromCharCode takes the number of a Unicode character")
    return chr(number)


@defined(STRINGS, "collapse", "(text: String) -> Array<String>", NULL_TEXT)
def collapse(text: str) -> list[str]:
    """Return the runs of the same character."""
    check_list(len(text), "collapse")
    return [found[0] for found in re.finditer(r"(?s)(.)\1*", text)] or [""]


@defined(STRINGS, "countCharactersBy", "(text: String, predicate: (character: String) -> Boolean) -> Number")
def count_characters_by(text: str, predicate: Item) -> int:
    """Return how many characters fulfil a condition."""
    return sum(truth(predicate(each)) for each in walked(text, "countCharactersBy"))


@defined(STRINGS, "countCharactersBy", "(text: Null, predicate: (character: Nothing) -> Any) -> Null")
@defined(STRINGS, "everyCharacter", "(text: Null, condition: (character: Nothing) -> Any) -> true")
@defined(STRINGS, "someCharacter", "(text: Null, condition: (character: Nothing) -> Any) -> false")
@defined(STRINGS, "mapString", "(text: Null, mapper: (character: Nothing, index: Nothing) -> Any) -> Null")
@defined(STRINGS, "substringBy", "(text: Null, predicate: (character: Nothing, index: Nothing) -> Any) -> Null")
@defined(STRINGS, "countMatches", "(text: Null, pattern: Any) -> Null")
def of_null(*arguments: Any) -> None:
    return None


@defined(STRINGS, "countMatches", "(text: String, pattern: String) -> Number")
def count_matches(text: str, part: str) -> int:
    """Return how often a text is in another."""
    spend(len(text), "countMatches")
    return text.count(part) if part else len(text)


@defined(STRINGS, "countMatches", "(text: String, pattern: Regex) -> Number")
def count_regex_matches(text: str, pattern: Regex) -> int:
    """Return how many places fit a regular expression."""
    return sum(1 for _ in pattern.all(text))


@defined(STRINGS, "hammingDistance", "(a: String, b: String) -> Number | Null")
def hamming_distance(one: str, other: str) -> int | None:
    """Return at how many positions two texts of the same length differ; null if they are not of the same length."""
    spend(4 * len(one), "hammingDistance")
    return sum(a != b for a, b in zip(one, other, strict=True)) if len(one) == len(other) else None


@defined(STRINGS, "levenshteinDistance", "(a: String, b: String) -> Number")
def levenshtein_distance(one: str, other: str) -> int:
    """Return how many characters must be changed, added or removed to make one text of another."""
    spend(10 * len(one) * len(other), "levenshteinDistance")
    row = list(range(len(other) + 1))
    for at, character in enumerate(one, 1):
        diagonal, row[0] = row[0], at
        for position, another in enumerate(other, 1):
            cost = diagonal + (character != another)
            diagonal = row[position]
            row[position] = min(cost, row[position] + 1, row[position - 1] + 1)
    return row[-1]


@defined(STRINGS, "everyCharacter", "(text: String, condition: (character: String) -> Boolean) -> Boolean")
def every_character(text: str, condition: Item) -> bool:
    """Return whether all characters fulfil a condition."""
    return all(truth(condition(each)) for each in walked(text, "everyCharacter"))


@defined(STRINGS, "someCharacter", "(text: String, condition: (character: String) -> Boolean) -> Boolean")
def some_character(text: str, condition: Item) -> bool:
    """Return whether a character fulfils a condition."""
    return any(truth(condition(each)) for each in walked(text, "someCharacter"))


@defined(STRINGS, "mapString", "(text: String, mapper: (character: String, index: Number) -> String) -> String")
def map_string(text: str, mapper: Item) -> str:
    """Return the results of a function for each character, joined."""
    made = [as_text(mapper(each, index)) for index, each in enumerate(walked(text, "mapString"))]
    check_length(sum(map(len, made)), "mapString")
    return "".join(made)


@defined(STRINGS, "first", "(text: String, amount: Number) -> String", "(text: Null, amount: Any) -> Null")
def first(text: str, amount: Any) -> str:
    """Return the first characters."""
    return text[: max(whole(amount), 0)]


@defined(STRINGS, "last", "(text: String, amount: Number) -> String", "(text: Null, amount: Any) -> Null")
def last(text: str, amount: Any) -> str:
    """Return the last characters."""
    count = whole(amount)
    return text[-count:] if count > 0 else ""


@defined(
    STRINGS,
    "substring",
    "(text: String, from: Number, until: Number) -> String",
    "(text: Null, from: Any, until: Any) -> Null",
)
def substring(text: str, start: Any, until: Any) -> str:
    """Return the characters from a position until in front of another."""
    return text[max(whole(start), 0) : max(whole(until), 0)]


def _all_characters(name: str, which: str, is_one: Callable[[str], bool], of_empty: bool = False) -> None:
    """Declare a test of all characters."""
    manual = f"Return whether all characters are {which}; {str(of_empty).lower()} for an empty text."

    @defined(STRINGS, name, "(text: String) -> Boolean", "(text: Null) -> false", manual=manual)
    def test(text: str) -> bool:
        spend(len(text) // 4, name)
        return all(map(is_one, text)) if text else of_empty


_all_characters("isAlpha", "letters", str.isalpha)
_all_characters("isAlphanumeric", "letters or digits", str.isalnum)
_all_characters("isLowerCase", "small letters", str.islower)
_all_characters("isNumeric", "digits of any script", lambda character: category(character) == "Nd")
_all_characters("isUpperCase", "capital letters", str.isupper)
_all_characters("isWhitespace", "blanks", str.isspace, of_empty=True)


def _padding(text: str, size: Any, pad: str, what: str) -> str:
    missing = whole(size) - len(text)
    if missing <= 0:
        return ""
    check_length(missing * len(pad), what)
    return pad * missing


@defined(STRINGS, "leftPad", '(text: String, size: Number, padText: String = " ") -> String')
@defined(STRINGS, "leftPad", "(text: Null, size: Any, padText: Any = null) -> Null")
def left_pad(text: str, size: Any, pad: str = " ") -> str:
    """Return the text with blanks, or another text, in front of it, up to a length."""
    return _padding(text, size, pad, "leftPad") + text


@defined(STRINGS, "rightPad", '(text: String, size: Number, padText: String = " ") -> String')
@defined(STRINGS, "rightPad", "(text: Null, size: Any, padText: Any = null) -> Null")
def right_pad(text: str, size: Any, pad: str = " ") -> str:
    """Return the text with blanks, or another text, behind it, up to a length."""
    return text + _padding(text, size, pad, "rightPad")


@defined(STRINGS, "repeat", "(text: String, times: Number) -> String", "(text: Null, times: Any) -> Null")
def repeat(text: str, times: Any) -> str:
    """Return the text several times."""
    count = max(whole(times), 0)
    check_length(len(text) * count, "repeat")
    return text * count


@defined(STRINGS, "lines", "(text: String) -> Array<String>", NULL_TEXT)
def lines(text: str) -> list[str]:
    """Return the lines."""
    spend(len(text), "lines")
    parts = LINES.split(text)
    check_list(len(parts), "lines")
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return parts


@defined(STRINGS, "words", "(text: String) -> Array<String>", NULL_TEXT)
def words(text: str) -> list[str]:
    """Return the words between blanks and ends of lines."""
    parts = paid_text(text, "words").split()
    check_list(len(parts), "words")
    return parts


@defined(STRINGS, "ordinalize", "(num: Number) -> String", "(num: Null) -> Null")
def ordinalize(number: Any) -> str:
    """Return the number with the ending of its place: 1st, 2nd."""
    place = whole(number)
    endings = {} if place < 0 or place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}
    ending = endings.get(place % 10, "th")
    return as_text(place) + ending


@defined(STRINGS, "pluralize", TEXT, NULL_TEXT)
def pluralize(text: str) -> str:
    """Return the plural of an English noun."""
    return paid_text(plural(text), "pluralize")


@defined(STRINGS, "singularize", TEXT, NULL_TEXT)
def singularize(text: str) -> str:
    """Return the singular of an English noun."""
    return paid_text(singular(text), "singularize")


@defined(STRINGS, "remove", "(text: String, toRemove: String) -> String", "(text: Null, toRemove: Any) -> Null")
def remove(text: str, part: str) -> str:
    """Return the text without any occurrence of another one."""
    return paid_text(text.replace(part, "") if part else text, "remove")


@defined(
    STRINGS,
    "replaceAll",
    "(text: String, target: String, replacement: String) -> String",
    "(text: Null, target: Any, replacement: Any) -> Null",
)
def replace_all(text: str, target: str, replacement: str) -> str:
    """Return the text with each occurrence of another one replaced."""
    check_length(len(text) + len(replacement) * (text.count(target) if target else len(text) + 1), "replaceAll")
    return text.replace(target, replacement)


@defined(STRINGS, "replaceAll", "(text: String, target: Regex, replacement: String) -> String")
def replace_all_matches(text: str, target: Regex, replacement: str) -> str:
    """Return the text with each place that fits a regular expression replaced."""
    return str(replace(text, target).call(Function("", 0, lambda: replacement)))


@defined(STRINGS, "reverse", TEXT, NULL_TEXT)
def reverse(text: str) -> str:
    """Return the characters in reverse order."""
    return paid_text(text[::-1], "reverse")
