"""Functions over texts: JMESPath's, and ours in addition to those of JEP-14."""

from __future__ import annotations

import re

from engine.expressions.functions.function import function
from engine.expressions.functions.limits import refuse_long_text, refuse_past
from engine.expressions.functions.searching import find
from engine.expressions.schemas import TEXT, TRUTH
from engine.limits import LONGEST_TEXT_OF_WORDS

WORD = r"[A-Z]+(?=[A-Z][a-z])|[A-Z]*[^\W_A-Z]+|[A-Z]+"
"""The parts between spaces, underscores, hyphens and other marks, and the words in `customerName` and `XMLText`."""


@function("string", "string", steps=4, dataweave="startsWith", shape=TRUTH)
def starts_with(text: str, prefix: str) -> bool:
    """Whether the text begins with the other.

    starts_with('order-1', 'order') → true
    """
    return text.startswith(prefix)


@function("string", "string", steps=4, dataweave="endsWith", shape=TRUTH)
def ends_with(text: str, suffix: str) -> bool:
    """Whether the text ends with the other.

    ends_with('a.yaml', '.yaml') → true
    """
    return text.endswith(suffix)


@function("string", "array[string]", steps=20, each=2, dataweave="joinBy", shape=TEXT)
def join(glue: str, texts: list[str]) -> str:
    """The texts in one, the first argument between each two.

    join(', ', ['a', 'b']) → "a, b"
    """
    refuse_long_text(len(glue) * (len(texts) - 1) + sum(map(len, texts)), "join")
    return glue.join(texts)


@function("string", "integer", "integer?", steps=10, dataweave="dw::core::Strings::substring", of_null=None)
def substring(text: str, start: int, end: int | None = None) -> str:
    """The characters from start (included) to end (not included); below 0 counts from the end of the text.

    Positions outside the text are its ends.

    substring('flow.yaml', 0, 4) → "flow"
    substring('flow.yaml', -4) → "yaml"
    """
    return text[start:end]


@function("string", "string", steps=20, each=2, dataweave="dw::core::Strings::substringBefore", of_null=None)
def substring_before(text: str, separator: str) -> str:
    """The text before the first occurrence of a separator; empty if it does not occur.

    substring_before('a/b/c', '/') → "a"
    substring_before('abc', '/') → ""
    """
    at = find(text, separator, "substring_before()")
    return text[:at] if at > 0 else ""


@function("string", "string", steps=20, each=2, dataweave="dw::core::Strings::substringAfter", of_null=None)
def substring_after(text: str, separator: str) -> str:
    """The text after the first occurrence of a separator; empty if it does not occur.

    substring_after('a/b/c', '/') → "b/c"
    """
    at = find(text, separator, "substring_after()")
    return text[at + len(separator) :] if at >= 0 else ""


def _words(name: str, text: str) -> list[str]:
    refuse_past(LONGEST_TEXT_OF_WORDS, len(text), name, "characters")
    return re.findall(WORD, text)


@function("string", steps=120, each=100, dataweave="dw::core::Strings::capitalize", of_null=None)
def capitalize(text: str) -> str:
    """The words of the text, each with a capital letter, a space between them.

    A word ends at anything but letters and digits, and before a capital after a small letter.

    capitalize('customer_name') → "Customer Name"
    capitalize('customerName') → "Customer Name"
    """
    return " ".join(word[:1].upper() + word[1:].lower() for word in _words("capitalize", text))


@function("string", steps=160, each=100, dataweave="dw::core::Strings::camelize", of_null=None)
def camelize(text: str) -> str:
    """The words of the text in camel case.

    camelize('customer_first_name') → "customerFirstName"
    """
    words = [word.lower() for word in _words("camelize", text)]
    return "".join(words[:1] + [word[:1].upper() + word[1:] for word in words[1:]])


@function("string", steps=120, each=100, dataweave="dw::core::Strings::underscore", of_null=None)
def underscore(text: str) -> str:
    """The words of the text in lower case, an underscore between them.

    underscore('customerFirstName') → "customer_first_name"
    """
    return "_".join(word.lower() for word in _words("underscore", text))


@function("string", "natural", steps=20, each=0, dataweave="dw::core::Strings::repeat", of_null=None)
def repeat(text: str, times: int) -> str:
    """The text that many times. More than 10,000,000 characters are refused.

    repeat('ab', 3) → "ababab"
    """
    refuse_long_text(len(text) * times, "repeat")
    return text * times if text else ""


@function("string", "natural?", "string?", steps=20, of_null=None)
def mask(text: str, visible: int = 4, mark: str = "*") -> str:
    """The text with a mark in place of each character but the last ones (4).

    A text that is no longer than its visible part is masked as a whole.

    mask('4111111111111111') → "************1111"
    mask('secret', 0) → "******"
    mask('abc') → "***"
    """
    seen = visible if visible < len(text) else 0
    refuse_long_text(len(mark) * len(text), "mask")
    return mark * (len(text) - seen) + text[len(text) - seen :]
