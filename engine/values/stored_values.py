"""Turns values into bytes and back, for stores, and makes keys of any value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from msgspec.msgpack import Ext

from engine.expressions.appended import Appended
from engine.expressions.operators import is_finite, is_number
from engine.expressions.writing import check_size, plain, to_text
from engine.limits import LONGEST_KEPT_KEY
from engine.values.event import Message

# MessagePack, with a numbered extension for each type it lacks. The numbers are in files: never change one.
AS_TEXT: dict[int, type[Any]] = {1: Decimal, 2: datetime, 3: date, 4: time, 5: timedelta, 6: UUID, 7: int}
"""Types written as the text that JSON shows; int only if it does not fit into 64 bits."""
MESSAGE = 8
NUMBER_OF = {kind: number for number, kind in AS_TEXT.items()}
UNCHANGED = frozenset({str, float, bool, bytes, type(None)})
SMALLEST, LARGEST = -(2**63), 2**64 - 1

HASHED = "sha256:"


class NotSerialisable(Exception):
    """A value that no store can keep; the message says why, without the value."""


def serialise(value: Any) -> bytes:
    """Return a value as bytes. JSON's types, bytes, decimals, dates, times, UUIDs and messages keep their types.

    A value with its own form as JSON is stored in that form. Raises NotSerialisable for any other value, for one that
    is nested too deep, and for one that is too large as JSON.
    """
    try:
        return _encode(_bounded(value))
    except RecursionError:
        raise NotSerialisable("the value is nested too deep") from None
    except (NotImplementedError, TypeError, ValueError, OverflowError) as error:
        raise NotSerialisable(str(error)) from error


def restore(data: bytes) -> Any:
    """Return the value that was serialised: plain data only, whatever the bytes hold. Raises msgspec.DecodeError."""
    return _decoder.decode(data)


def key_of(value: Any) -> str:
    """Return a key for any value: a text itself; a digest of long texts and other values. Raises NotSerialisable."""
    is_short = isinstance(value, str) and 0 < len(value) <= LONGEST_KEPT_KEY
    return text_key(value) if is_short and not value.startswith(HASHED) else digest_of(value)


def text_key(value: Any) -> str:
    """Return a text, or the text of a number, as a key. Raises NotSerialisable for other values and lone surrogates."""
    try:
        text = to_text(value) if is_number(value) and is_finite(value) else value
        if isinstance(text, str) and text.encode():
            return str(text)
    except ValueError as error:
        raise NotSerialisable(str(error)) from error
    raise NotSerialisable("it is no text, or empty")


def digest_of(value: Any) -> str:
    """Return the SHA-256 of any value: types matter, the order of a map's keys does not. Raises NotSerialisable."""
    try:
        return HASHED + sha256(_encode_sorted(_bounded(value))).hexdigest()
    except (NotImplementedError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise NotSerialisable(str(error)) from error


def identifier_of(value: Any) -> str:
    """Return a key for the id of a message: as `key_of`, but 7 and "7" are the same; null and "" are invalid."""
    if value is None or value == "":
        raise NotSerialisable("the identifier is empty")
    return key_of(text_key(value) if is_number(value) else value)


def _bounded(value: Any) -> Any:
    """Return the result of `_marked`. Raises TooLarge: a value that is endless as text would be endless here."""
    if type(value) not in UNCHANGED:
        check_size(value)
    return _marked(value)


def _marked(value: Any) -> Any:
    """Return the value with extensions for the types that MessagePack lacks."""
    kind = type(value)
    if kind in UNCHANGED:
        return value
    if kind is int and SMALLEST <= value <= LARGEST:
        return value
    if kind is dict:
        entries = value.items()
        return {_marked(key): each if type(each) in UNCHANGED else _marked(each) for key, each in entries}
    if kind is list or kind is Appended or kind is tuple:
        return [each if type(each) in UNCHANGED else _marked(each) for each in value]
    return _extension(value, kind)


def _extension(value: Any, kind: type[Any]) -> Any:
    number = NUMBER_OF.get(kind) or next((NUMBER_OF[known] for known in NUMBER_OF if isinstance(value, known)), None)
    if isinstance(value, int) and SMALLEST <= value <= LARGEST:  # of a subclass
        return int(value)
    if number is not None:
        return Ext(number, str(_builtin(value)).encode())
    if kind is Message:
        return Ext(MESSAGE, serialise([value.payload, value.attributes, value.media_type]))
    if isinstance(value, bytearray):
        return bytes(value)
    return _marked(dict(value) if isinstance(value, Mapping) else plain(value))


def _builtin(value: Any) -> Any:
    return str(value) if isinstance(value, (int, Decimal)) else msgspec.to_builtins(value)


def _read_extension(number: int, data: memoryview) -> Any:
    if number == MESSAGE:
        return Message(*restore(bytes(data)))
    return READERS[number](bytes(data).decode())


def _reader(kind: type[Any]) -> Callable[[str], Any]:
    return kind if kind in (int, Decimal) else lambda text: msgspec.convert(text, kind)


READERS = {number: _reader(kind) for number, kind in AS_TEXT.items()}
_encode = msgspec.msgpack.Encoder().encode
_encode_sorted = msgspec.msgpack.Encoder(order="deterministic").encode
_decoder = msgspec.msgpack.Decoder(ext_hook=_read_extension)
