"""The string functions of the JMESPath community (JEP-14). Positions and lengths count code points."""

from __future__ import annotations

from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import function
from engine.expressions.functions.limits import refuse_long_text

WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f"
    "\u205f\u3000"
)
"""Unicode's White_Space, as JEP-14 says. Python's own strip() also takes four control characters."""


@function("string", "string", "integer?", "integer?", dataweave="indexOf (text)")
def find_first(text: str, part: str, start: int = 0, end: int | None = None) -> int | None:
    """Where the part first stands in the text, from 0; null where it does not.

    It is looked for between start (included) and end (not included); positions outside of the text
    are its ends. An empty part is never found.

    find_first('subject string', 's', 1) → 8
    find_first('subject string', 'x') → null
    """
    return _position(text.find(part, max(start, 0), _end(text, end)), part)


@function("string", "string", "integer?", "integer?", dataweave="lastIndexOf (text)")
def find_last(text: str, part: str, start: int = 0, end: int | None = None) -> int | None:
    """Where the part last stands in the text, from 0; null where it does not.

    It is looked for between start (included) and end (not included), as by find_first.

    find_last('subject string', 's') → 8
    find_last('subject string', 's', 0, 7) → 0
    """
    return _position(text.rfind(part, max(start, 0), _end(text, end)), part)


def _end(text: str, end: int | None) -> int:
    return len(text) if end is None else max(end, 0)


def _position(found: int, part: str) -> int | None:
    return found if found >= 0 and part else None


@function("string", dataweave="lower")
def lower(text: str) -> str:
    """The text in lower case.

    lower('ÄB') → "äb"
    """
    return text.lower()


@function("string", dataweave="upper")
def upper(text: str) -> str:
    """The text in upper case.

    upper('äb') → "ÄB"
    """
    return text.upper()


@function("string", "natural", "string?", dataweave="dw::core::Strings::leftPad")
def pad_left(text: str, width: int, pad: str = " ") -> str:
    """The text, filled up in front to a width; a longer one stays as it is.

    The text to fill with has one character; without it, it is a space.

    pad_left('7', 3, '0') → "007"
    """
    return _fill("pad_left", text, width, pad) + text


@function("string", "natural", "string?", dataweave="dw::core::Strings::rightPad")
def pad_right(text: str, width: int, pad: str = " ") -> str:
    """The text, filled up behind to a width; a longer one stays as it is.

    The text to fill with has one character; without it, it is a space.

    pad_right('ab', 4, '.') → "ab.."
    """
    return text + _fill("pad_right", text, width, pad)


def _fill(name: str, text: str, width: int, pad: str) -> str:
    if len(pad) != 1:
        raise EvaluationError(f"{name}() takes a string of one character as argument 3, not one of {len(pad)}")
    refuse_long_text(width, name)
    return pad * (width - len(text))


@function("string", "string", "string", "natural?", dataweave="replace … with (text)")
def replace(text: str, old: str, new: str, count: int | None = None) -> str:
    """The text with the new one in place of each occurrence of the old, of the first `count` where it is given.

    For regular expressions there is replace_re.

    replace('a-b-c', '-', '+') → "a+b+c"
    replace('a-b-c', '-', '+', 1) → "a+b-c"
    """
    times = text.count(old) if count is None else min(count, text.count(old))
    refuse_long_text(len(text) + times * (len(new) - len(old)), "replace")
    return text.replace(old, new, times)


@function("string", "string", "natural?", dataweave="splitBy (text)")
def split(text: str, separator: str, count: int | None = None) -> list[str]:
    """The parts between the occurrences of a separator; the last part is the rest, after `count` splits.

    An empty separator gives the characters. For regular expressions there is split_re.

    split('a,b,c', ',') → ["a", "b", "c"]
    split('a,b,c', ',', 1) → ["a", "b,c"]
    split('abc', '') → ["a", "b", "c"]
    """
    if separator:
        return text.split(separator, -1 if count is None else min(count, len(text)))
    single = list(text if count is None else text[:count])
    return single + ([text[len(single) :]] if len(single) < len(text) else [])


@function("string", "string?", dataweave="trim")
def trim(text: str, characters: str = "") -> str:
    """The text without white space (Unicode's) at both ends, or without any of the characters given.

    trim('  a b ') → "a b"
    trim('xxaxbx', 'x') → "axb"
    """
    return text.strip(characters or WHITE_SPACE)


@function("string", "string?")
def trim_left(text: str, characters: str = "") -> str:
    """The text without white space (Unicode's) at its start, or without any of the characters given.

    trim_left('007', '0') → "7"
    """
    return text.lstrip(characters or WHITE_SPACE)


@function("string", "string?")
def trim_right(text: str, characters: str = "") -> str:
    """The text without white space (Unicode's) at its end, or without any of the characters given.

    trim_right('a/b/', '/') → "a/b"
    """
    return text.rstrip(characters or WHITE_SPACE)
