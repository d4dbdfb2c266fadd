"""Parts of texts, in dw::core::Strings."""

from __future__ import annotations

from typing import Any

from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.library.texts.strings import STRINGS, whole
from engine.expressions.dataweave.library.walking import Item, check_list, truth, walked
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.joining import paid_text

PARTED = ("(text: String, separator: String) -> String", "(text: Null, separator: Any) -> Null")
WRAPPED = ("(text: String, wrapper: String) -> String", "(text: Null, wrapper: Any) -> Null")


@defined(STRINGS, "substringAfter", *PARTED)
def substring_after(text: str, separator: str) -> str:
    """Return what is behind the first separator; nothing if there is none."""
    return text.partition(separator)[2] if separator else text


@defined(STRINGS, "substringAfterLast", *PARTED)
def substring_after_last(text: str, separator: str) -> str:
    """Return what is behind the last separator; nothing if there is none."""
    return text.rpartition(separator)[2] if separator and separator in text else ""


@defined(STRINGS, "substringBefore", *PARTED)
def substring_before(text: str, separator: str) -> str:
    """Return what is in front of the first separator; nothing if there is none."""
    return text.partition(separator)[0] if separator and separator in text else ""


@defined(STRINGS, "substringBeforeLast", *PARTED)
def substring_before_last(text: str, separator: str) -> str:
    """Return what is in front of the last separator; nothing if there is none."""
    return text.rpartition(separator)[0] if separator else text[:-1]


@defined(
    STRINGS, "substringBy", "(text: String, predicate: (character: String, index: Number) -> Boolean) -> Array<String>"
)
def substring_by(text: str, predicate: Item) -> list[str]:
    """Return the parts between the characters that fulfil a condition."""
    parts, begin = [], 0
    for index, character in enumerate(walked(text, "substringBy")):
        if truth(predicate(character, index)):
            parts.append(text[begin:index])
            begin = index + 1
    return [*parts, text[begin:]]


@defined(
    STRINGS, "substringEvery", "(text: String, amount: Number) -> Array<String>", "(text: Null, amount: Any) -> Null"
)
def substring_every(text: str, amount: Any) -> list[str]:
    """Return parts of that many characters; the last one may be shorter."""
    size = whole(amount)
    if size <= 0:
        return []
    check_list(len(text) // size, "substringEvery")
    return [text[at : at + size] for at in range(0, len(text), size)]


@defined(STRINGS, "unwrap", *WRAPPED)
def unwrap(text: str, wrapper: str) -> str:
    """Return the text without its first and last character, if it begins and ends with the wrapper."""
    return text[1:-1] if len(text) > 1 and text.startswith(wrapper) and text.endswith(wrapper) else text


@defined(STRINGS, "wrapWith", *WRAPPED)
def wrap_with(text: str, wrapper: str) -> str:
    """Return the text between two wrappers."""
    return paid_text(wrapper + text + wrapper, "wrapWith")


@defined(STRINGS, "wrapIfMissing", *WRAPPED)
def wrap_if_missing(text: str, wrapper: str) -> str:
    """Return the text between two wrappers; those that are there stay."""
    if not text:
        return wrapper
    before = "" if text.startswith(wrapper) else wrapper
    behind = "" if text.endswith(wrapper) else wrapper
    return paid_text(before + text + behind, "wrapIfMissing")


@defined(STRINGS, "withMaxSize", "(text: String, maxLength: Number) -> String", "(text: Null, maxLength: Any) -> Null")
def with_max_size(text: str, length: Any) -> str:
    """Return the text, cut to a length; 0 is no limit."""
    size = whole(length)
    if size < 0:
        raise Failed("withMaxSize takes a length that is not negative")
    return text[:size] if size else text
