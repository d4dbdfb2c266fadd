"""Writes values as text: in a template, in a log line, in an answer.

A value that is small in memory may be endless as text: a list that holds the same map a million times, or forty nested
lists, each of which holds the next one twice. So the text is limited while it is being written.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec

from engine.expressions.appended import Appended
from engine.expressions.budget import spend
from engine.expressions.errors import EvaluationError
from engine.limits import LARGEST_WRITTEN

OWN_SUBCLASSES: tuple[Any, ...] = (str, list, int, float)
"""msgspec writes these, but not their subclasses."""

SMALL, MEDIUM, LARGE = 2**13, 2**17, 2**20
"""Bytes of most values, of most answers, and of the largest values that are written in one piece, not in slices.

Each buffer is allocated before it is known to suffice, so the next one is much larger.
"""
FREE = 2**14
"""Bytes that cost no steps."""
SLICE = 64
"""How many elements the first slice has; each following one has more, as long as they are small."""
BYTES_A_STEP = 16
"""Bytes that are written in the time of a step, so that writing a lot gives turns to others, too."""
COST = 128
"""The cost, in bytes, of asking a value for its JSON form."""

SCALARS = frozenset({int, float, bool, type(None), Decimal, UUID, date, datetime, time, timedelta})
"""Types whose values are always small."""

EncodeInto = Callable[[Any, bytearray], None]
Slice = Callable[[int, int], Any]


class TooLarge(EvaluationError, ValueError):
    """A value that is too large as text."""

    def __init__(self, most: int = LARGEST_WRITTEN, what: str = "bytes") -> None:
        super().__init__(f"a value is written with {most} {what} at most")


WRITING_ERRORS = (TypeError, ValueError, NotImplementedError, RecursionError)
"""The errors of writing a value; TooLarge is a ValueError."""


def plain(value: Any) -> Any:
    """Return the JSON form of a value that JSON does not know.

    A value may provide it by a method `to_json`. Raises NotImplementedError for any other value.
    """
    if type(value) is Appended:
        return value.to_list()
    if isinstance(value, Mapping):
        return dict(value)
    for kind in OWN_SUBCLASSES:
        if isinstance(value, kind):
            return kind(value)
    to_json = getattr(value, "to_json", None)
    if to_json is None:
        raise NotImplementedError(f"a value of type {type(value).__name__} cannot be written as JSON")
    return to_json()


_encoder = msgspec.json.Encoder(enc_hook=plain, decimal_format="number")
_measure = msgspec.json.Encoder(enc_hook=plain, decimal_format="string").encode_into


def encode(value: Any) -> bytes:
    """Return a value as JSON bytes. Raises WRITING_ERRORS: TooLarge, errors of `plain`, and for too deep nesting."""
    if type(value) in SCALARS:
        return _encoder.encode(value)
    written = _at_once(value) or _Writer().written(value)
    if len(written) > FREE:
        spend(len(written) // BYTES_A_STEP, "writing a value as JSON")
    return written


def check_size(value: Any) -> None:
    """Raise TooLarge for a value that `encode` would not write; other formats than JSON also have infinite decimals."""
    if type(value) not in SCALARS and _at_once(value, _measure) is None:
        _Writer(decimal_format="string").written(value)


def encode_lines(values: list[Any]) -> bytes:
    """Write values as JSON, each on its own line. They must not be too large, which `in_portions` ensures."""
    return _encoder.encode_lines(values)


def in_portions(values: list[Any]) -> Iterator[list[Any]]:
    """Yield the values in lists that are small as JSON, or have one element. Raises like `encode`, for each value."""
    if _at_once(values) is not None:
        yield values
    elif len(values) == 1:
        encode(values[0])
        yield values
    else:
        half = len(values) // 2
        yield from in_portions(values[:half])
        yield from in_portions(values[half:])


def to_text(value: Any) -> str:
    """Return a value as part of a text: null is empty, lists and maps JSON, dates ISO 8601. Raises like `encode`."""
    if isinstance(value, str):
        return str(value)
    if value is None:
        return ""
    if type(value) in SCALARS:
        return _encoder.encode(value).decode().strip('"')
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    written = encode(value)
    text = written.decode()
    if text[:1] == '"':  # an error type: without JSON's quotes
        return str(msgspec.json.decode(written))
    return text


def _at_once(value: Any, encode_into: EncodeInto = _encoder.encode_into) -> bytes | None:
    """Return the value as JSON, in the smallest buffer that holds it; None if none does."""
    for room in (SMALL, MEDIUM, LARGE):
        written = _within(room, value, encode_into)
        if written is not None:
            return written
    return None


def _within(room: int, value: Any, encode_into: EncodeInto = _encoder.encode_into) -> bytes | None:
    """Return the value as JSON; None if it is larger than the buffer, which costs no more than filling it.

    Without a buffer, a list of a few references is written as gigabytes, in one call that nothing can stop.
    """
    buffer = bytearray(room)
    with memoryview(buffer):  # a buffer with a view cannot grow
        try:
            encode_into(value, buffer)
        except BufferError:
            return None
        return bytes(buffer)


class _Budget:
    """How many bytes may still be written."""

    def __init__(self) -> None:
        self.left = LARGEST_WRITTEN

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise TooLarge

    def plain(self, value: Any) -> Any:
        self.spend(COST)
        return plain(value)


class _Writer:
    """Writes a large value slice by slice, so that its size is known before all of it is written."""

    def __init__(self, decimal_format: Literal["number", "string"] = "number") -> None:
        self._pieces: list[bytes] = []
        self._budget = _Budget()  # not the writer: its encoder would keep it, and everything written
        self._encode_into = msgspec.json.Encoder(enc_hook=self._budget.plain, decimal_format=decimal_format).encode_into

    def written(self, value: Any) -> bytes:
        """Return the value as JSON. Raises like `encode`."""
        self._write(value)
        return b"".join(self._pieces)

    def _write(self, value: Any) -> None:
        if type(value) is dict:
            self._write_map(list(value.items()))
        elif type(value) is list:
            self._write_list(value)
        elif type(value) is str:
            self._write_slices(b'""', b"", len(value), lambda start, end: value[start:end], lambda at: None)
        elif isinstance(value, (bytes, bytearray)):
            self._put(b'"', b64encode(value), b'"')
        else:
            self._write_other(value)

    def _write_list(self, elements: list[Any]) -> None:
        def write_one(at: int) -> None:
            self._write(elements[at])

        self._write_slices(b"[]", b",", len(elements), lambda start, end: elements[start:end], write_one)

    def _write_map(self, entries: list[tuple[Any, Any]]) -> None:
        def write_one(at: int) -> None:
            key, value = entries[at]
            self._put(self._whole({key: None})[1 : -len(b"null}")])
            self._write(value)

        self._write_slices(b"{}", b",", len(entries), lambda start, end: dict(entries[start:end]), write_one)

    def _write_other(self, value: Any) -> None:
        try:
            shown = value if type(value) in SCALARS else self._budget.plain(value)
        except NotImplementedError:  # no type that we know; msgspec may
            shown = value
        if shown is value:
            self._put(self._whole(value))
        else:
            self._write(shown)

    def _write_slices(
        self, ends: bytes, between: bytes, length: int, part: Slice, write_one: Callable[[int], None]
    ) -> None:
        """Write a list, a map or a text, each slice by itself, without its ends; `write_one` writes large elements."""
        self._put(ends[:1])
        start, size = 0, min(SLICE, length - 1)  # the whole is no slice: it is known to be too large
        while start < length:
            written = self._tried(part(start, start + size)) if size else None
            if written is not None:
                self._put(between if start else b"", written[1:-1])
                start += size
                size *= 2 if len(written) < LARGE // 4 else 1
            elif size > 1 and start + 1 < length:
                size = 1
            else:
                before = self._budget.left
                self._put(between if start else b"")
                write_one(start)
                start += 1
                size = 0 if before - self._budget.left > LARGE else 1  # large ones often stand together
        self._put(ends[1:])

    def _tried(self, part: Any) -> bytes | None:
        """Return a slice as JSON; one that turns out too large costs as much time as one that is written."""
        written = _within(LARGE, part, self._encode_into)
        if written is None:
            self._budget.spend(LARGE)
        return written

    def _whole(self, value: Any) -> bytes:
        written = _within(SMALL, value, self._encode_into) or _within(self._budget.left, value, self._encode_into)
        if written is None:
            raise TooLarge
        return written

    def _put(self, *pieces: bytes) -> None:
        self._budget.spend(sum(map(len, pieces)))
        self._pieces += pieces
