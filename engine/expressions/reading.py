"""Reads JSON: the only reader of texts that come from outside."""

from __future__ import annotations

import marshal
import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from math import inf
from struct import pack
from typing import Any, Literal

import jiter
import msgspec

from engine.expressions.errors import EvaluationError
from engine.expressions.sizes import inside
from engine.limits import DEEPEST, MOST_JSON_FIELDS, MOST_JSON_TEXTS, MOST_JSON_VALUES, MOST_REPEATED_TEXTS

SPARSE = 2 * MOST_JSON_VALUES
"""Bytes that cannot hold more than the allowed values: each takes at least two."""
SPACE = b" \t\r\n"

_decode = msgspec.json.Decoder(float_hook=Decimal).decode

TOLD = re.compile(r"(.*) at line ([0-9]+) column ([0-9]+)", re.DOTALL)
"""jiter's messages."""
TWICE, DUPLICATE = "Detected duplicate key", "a key stands twice"
NO_FLOAT = "a number is larger than any float"

FEW = 200_000
"""How many texts can be removed in reasonable time."""
PORTION = 2**18
"""Bytes whose texts are examined at a time."""
LONGEST_SHARED = 64
"""jiter shares equal texts up to this length; there is no room for many longer ones."""

SHAPE = bytes.maketrans(b"123456789.E[:{ \t\r\n", b"0000000000e,,,,,,,")
"""Maps all digits to one, and everything that may precede a number to a comma."""
SIGNS = b"+-"
FEW_BYTES = 2**16
"""A text of so many bytes is read by the faster reader, if its marks show that no key repeats and nothing is deep."""
MAPS_AND_LISTS = frozenset[type]((dict, list))
MAPS = {dict}
PLAIN = 2
"""The version of marshal's format in which each value is written as it is; a float as its eight bytes."""
INFINITIES = b"g" + pack("<d", inf), b"g" + pack("<d", -inf)
"""Both infinities as marshal writes them; a large integer may look like one of them."""
LARGE_EXPONENT = b"0e000"
LARGE_NUMBER = re.compile(rb",0+e000")
LONG_NUMBER = b"0" * 200
"""The largest float has 309 digits; an exponent of two digits takes 210 of them to go beyond it."""


class TooMuch(EvaluationError, ValueError):
    """A text that holds more values than can be made in reasonable time."""


def read_json(text: bytes) -> Any:
    """Return the value of a JSON text (RFC 8259) in UTF-8.

    Integers are exact at any size. Raises ValueError for anything that is not JSON, including NaN, a number that does
    not fit into a float, duplicate keys, nesting of more than 200 levels and invalid UTF-8; TooMuch for too many
    values: some take sixty times the room of their text.
    """
    return _read(text, _checked(text), _may_have_infinity(text))


def json_reader(text: bytes) -> Callable[[bytes], Any]:
    """Return the reader for the JSON texts in these bytes, one or several. Raises TooMuch."""
    return partial(_read, mode=_checked(text), is_doubtful=_may_have_infinity(text))


def exact_json(text: bytes) -> Any:
    """Return the value of a JSON text in UTF-8, with each number that has a point or an exponent as a Decimal.

    Raises like `read_json`, but knows no number that is too large.
    """
    if len(text) <= FEW_BYTES and 0 < (opened := _opened(text)) <= DEEPEST:
        try:
            value = _decode(text)
        except ValueError:
            value = None
        if _count_fields(value, opened) == text.count(b'":'):
            return value
    return jiter.from_json(
        text, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode=_checked(text), float_mode="decimal"
    )


def _count_fields(value: Any, left: int) -> int:
    """Return how many fields all maps in a value have together; left: how many lists and maps it has at most.

    -1 if there are not so many: a text may hold a bracket, and what is no list or map may be no JSON.
    """
    count, level = 0, [value]
    while left > 0:
        kinds = set(map(type, level))
        if kinds.isdisjoint(MAPS_AND_LISTS):
            return -1
        containers = level if kinds <= MAPS_AND_LISTS else [each for each in level if type(each) in MAPS_AND_LISTS]
        left -= len(containers)
        count += sum(map(len, containers if kinds == MAPS else [each for each in containers if type(each) is dict]))
        level = inside(containers) if left > 0 else level
    return count if left == 0 else -1


def check_json(text: bytes) -> None:
    """Raise ValueError for a text that is no JSON; keys may repeat."""
    jiter.from_json(text, allow_inf_nan=False, cache_mode="keys")


def reason_of(error: ValueError) -> tuple[str, int, int]:
    """Return why a text is not JSON, without any of its values, and the line and column; zeros if unknown."""
    if str(error) == NO_FLOAT:
        return NO_FLOAT, 0, 0
    if not (told := TOLD.fullmatch(str(error))):
        return "the text is no Unicode", 0, 0
    reason = DUPLICATE if told[1].startswith(TWICE) else told[1]
    return reason, int(told[2]), int(told[3])


def _read(text: bytes, mode: Literal["keys", "all"], is_doubtful: bool) -> Any:
    value = jiter.from_json(text, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode=mode)
    if is_doubtful and _has_infinity(value):
        raise ValueError(NO_FLOAT)
    return value


def _checked(text: bytes) -> Literal["keys", "all"]:
    """Return which texts are shared if they are repeated. Raises TooMuch if there is too much."""
    if len(text) <= SPARSE:
        return "keys"
    fields, quotes = text.count(b":"), text.count(b'"')
    if fields > MOST_JSON_FIELDS or quotes > 2 * MOST_JSON_TEXTS or fields + _opened(text) > MOST_JSON_VALUES:
        text = text.translate(None, SPACE).replace(rb"\\", b"").replace(rb"\"", b"")
        fields, quotes = text.count(b'":'), text.count(b'"')
        if quotes < 2 * FEW:  # their contents are not values
            text = b"".join(text.split(b'"')[::2])
    _refuse(fields, MOST_JSON_FIELDS, "fields")
    _refuse(fields + _opened(text), MOST_JSON_VALUES, "lists, maps and fields")
    if quotes <= 2 * MOST_JSON_TEXTS:
        return "keys"
    if not _has_few_texts(text):
        _refuse(quotes // 2, MOST_JSON_TEXTS, "texts")
    return "all"


def _has_few_texts(text: bytes) -> bool:
    """Return whether the same few texts are repeated again and again. The text has no escaped quotes."""
    found = set[bytes]()
    rest, is_inside = b"", 0
    for start in range(0, len(text), PORTION):
        *pieces, rest = (rest + text[start : start + PORTION]).split(b'"')
        found.update(pieces[1 - is_inside :: 2])
        is_inside, rest = is_inside ^ len(pieces) & 1, rest[-LONGEST_SHARED:]
        if len(found) > MOST_REPEATED_TEXTS:
            return False
    return True


def _opened(text: bytes) -> int:
    return text.count(b"[") + text.count(b"{")


def _refuse(count: int, most: int, what: str) -> None:
    if count > most:
        raise TooMuch(f"JSON is read with {most} {what} at most")


# Numbers


def _may_have_infinity(text: bytes) -> bool:
    """Return whether there may be a number that does not fit into a float: jiter would make infinity of it."""
    shape = text.translate(SHAPE, SIGNS)
    find = shape.find  # `in` would first try the needle as a number, and raise an error internally
    return (find(LARGE_EXPONENT) >= 0 and bool(LARGE_NUMBER.search(b"," + shape))) or find(LONG_NUMBER) >= 0


def _has_infinity(value: Any) -> bool:
    """Return whether a number in a value is infinite."""
    packed = marshal.dumps(value, PLAIN)
    return any(each in packed for each in INFINITIES) and _has_infinity_for_sure(value)


def _has_infinity_for_sure(value: Any) -> bool:
    level = [value]
    while level:
        if inf in level or -inf in level:
            return True
        level = inside([each for each in level if type(each) in MAPS_AND_LISTS])
    return False
