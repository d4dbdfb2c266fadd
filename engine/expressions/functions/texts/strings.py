"""The string functions of the JMESPath community (JEP-14). Positions and lengths count code points."""

from __future__ import annotations

from itertools import takewhile

from engine.expressions.budget import spend
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import function
from engine.expressions.functions.limits import refuse_long_list, refuse_long_text
from engine.expressions.functions.searching import find, find_from_end, with_tail

WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f"
    "\u205f\u3000"
)
"""Unicode's White_Space, as JEP-14 says. Python's own strip() also takes four control characters."""

FEW = 32
"""Characters that are searched for each character of a text."""
PER_PART = 12
"""Steps for a text that is cut out of another one; if it is not ASCII, its characters are not shared ones."""
PER_OCCURRENCE = 2


@function("string", "string", "integer?", "integer?", steps=20, each=2, dataweave="indexOf (text)")
def find_first(text: str, part: str, start: int = 0, end: int | None = None) -> int | None:
    """The position at which the part first occurs in the text, from 0; null if it does not.

    It is searched for between start (included) and end (not included); positions outside the text are its ends. An
    empty part is never found.

    find_first('subject string', 's', 1) → 8
    find_first('subject string', 'x') → null
    """
    first = max(start, 0)
    return _position(find(_between(text, first, end), part, "find_first()"), first, part)


@function("string", "string", "integer?", "integer?", steps=24, each=3, dataweave="lastIndexOf (text)")
def find_last(text: str, part: str, start: int = 0, end: int | None = None) -> int | None:
    """The position at which the part last occurs in the text, from 0; null if it does not.

    It is searched for between start (included) and end (not included), as in find_first.

    find_last('subject string', 's') → 8
    find_last('subject string', 's', 0, 7) → 0
    """
    first = max(start, 0)
    return _position(find_from_end(_between(text, first, end), part, "find_last()"), first, part)


def _between(text: str, first: int, end: int | None) -> str:
    return text[first : len(text) if end is None else max(end, 0)]


def _position(found: int, first: int, part: str) -> int | None:
    return first + found if found >= 0 and part else None


@function("string", steps=4, dataweave="lower")
def lower(text: str) -> str:
    """The text in lower case.

    lower('ÄB') → "äb"
    """
    return text.lower()


@function("string", steps=4, dataweave="upper")
def upper(text: str) -> str:
    """The text in upper case.

    upper('äb') → "ÄB"
    """
    return text.upper()


@function("string", "natural", "string?", steps=20, dataweave="dw::core::Strings::leftPad")
def pad_left(text: str, width: int, pad: str = " ") -> str:
    """The text, padded in front to a width; a longer one stays as it is.

    The padding is one character; if left out, it is a space.

    pad_left('7', 3, '0') → "007"
    """
    return _fill("pad_left", text, width, pad) + text


@function("string", "natural", "string?", steps=20, dataweave="dw::core::Strings::rightPad")
def pad_right(text: str, width: int, pad: str = " ") -> str:
    """The text, padded at the end to a width; a longer one stays as it is.

    The padding is one character; if left out, it is a space.

    pad_right('ab', 4, '.') → "ab.."
    """
    return text + _fill("pad_right", text, width, pad)


def _fill(name: str, text: str, width: int, pad: str) -> str:
    if len(pad) != 1:
        raise EvaluationError(f"{name}() takes a string of one character as argument 3, not one of {len(pad)}")
    refuse_long_text(width, name)
    return pad * (width - len(text))


@function("string", "string", "string", "natural?", steps=24, each=4, dataweave="replace … with (text)")
def replace(text: str, old: str, new: str, count: int | None = None) -> str:
    """The text with the new one in place of each occurrence of the old, or of the first `count` if that is given.

    For regular expressions use replace_re.

    replace('a-b-c', '-', '+') → "a+b+c"
    replace('a-b-c', '-', '+', 1) → "a+b-c"
    """
    searched = with_tail(text, old, "replace()")
    found = searched.count(old) if old else len(text) + 1
    times = found if count is None else min(count, found)
    length = len(text) + times * (len(new) - len(old))
    refuse_long_text(length, "replace")
    spend(times * PER_OCCURRENCE, "replace()")
    return searched.replace(old, new, times)[:length]


@function("string", "string", "natural?", steps=60, each=2, dataweave="splitBy (text)")
def split(text: str, separator: str, count: int | None = None) -> list[str]:
    """The parts between the occurrences of a separator; the last part is the rest, after `count` splits.

    An empty separator splits it into characters. For regular expressions use split_re.

    split('a,b,c', ',') → ["a", "b", "c"]
    split('a,b,c', ',', 1) → ["a", "b,c"]
    split('abc', '') → ["a", "b", "c"]
    """
    if not separator:
        return _characters(text, len(text) if count is None else min(count, len(text)))
    searched = with_tail(text, separator, "split()")
    found = searched.count(separator)
    times = found if count is None else min(count, found)
    _charge_parts(text, times + 1)
    *parts, rest = searched.split(separator, times)
    return [*parts, rest[: len(rest) - len(searched) + len(text)]]


def _characters(text: str, count: int) -> list[str]:
    """Return the first ones each by itself, then the rest."""
    _charge_parts(text, count + 1)
    return [*text[:count], *([text[count:]] if count < len(text) else ())]


def _charge_parts(text: str, count: int) -> None:
    refuse_long_list(count, "split")
    spend(count * (PER_PART if text.isascii() else 2 * PER_PART), "split()")


@function("string", "string?", steps=12, each=6, dataweave="trim")
def trim(text: str, characters: str = "") -> str:
    """The text without white space (Unicode's) at both ends, or without any of the characters given.

    trim('  a b ') → "a b"
    trim('xxaxbx', 'x') → "axb"
    """
    return _trimmed_left(_trimmed_right(text, characters, "trim()"), characters, "trim()")


@function("string", "string?", steps=8, each=6)
def trim_left(text: str, characters: str = "") -> str:
    """The text without white space (Unicode's) at its start, or without any of the characters given.

    trim_left('007', '0') → "7"
    """
    return _trimmed_left(text, characters, "trim_left()")


def _trimmed_left(text: str, characters: str, what: str) -> str:
    unwanted = _unwanted(text, characters, what)
    if isinstance(unwanted, str):
        return text.lstrip(unwanted)
    return text[sum(1 for _ in takewhile(unwanted.__contains__, text)) :]


@function("string", "string?", steps=8, each=6)
def trim_right(text: str, characters: str = "") -> str:
    """The text without white space (Unicode's) at its end, or without any of the characters given.

    trim_right('a/b/', '/') → "a/b"
    """
    return _trimmed_right(text, characters, "trim_right()")


def _trimmed_right(text: str, characters: str, what: str) -> str:
    unwanted = _unwanted(text, characters, what)
    if isinstance(unwanted, str):
        return text.rstrip(unwanted)
    return text[: len(text) - sum(1 for _ in takewhile(unwanted.__contains__, reversed(text)))]


def _unwanted(text: str, characters: str, what: str) -> str | frozenset[str]:
    """Return the characters to remove, each once; many as a set, for fast lookup."""
    if len(characters) <= FEW:
        return characters or WHITE_SPACE
    spend(5 * len(characters), what)
    different = frozenset(characters)
    if len(different) <= FEW:
        return "".join(different)
    spend(10 * len(text), what)
    return different
