"""Values as text: in a template, in a log line, in an answer.

A value that is small in memory may be endless as text: a list that holds the same map a million times, or forty lists
inside each other, each of which holds the next one twice. So what is written is bounded while it is written.
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
"""msgspec writes these, but not what subclasses them."""

SMALL, MEDIUM, LARGE = 2**13, 2**17, 2**20
"""Bytes of most values, and of most answers; and those that are written at once: more is written in slices.

Each room is made before it is known to suffice, so the next one is larger by far.
"""
FREE = 2**14
"""Bytes that cost no steps."""
SLICE = 64
"""How many elements the first slice has; each next one more, as long as they are small."""
BYTES_A_STEP = 16
"""Bytes that are written in the time of a step; so who writes much gives turns, too."""
COST = 128
"""What asking a value how it is written counts, in bytes."""

SCALARS = frozenset({int, float, bool, type(None), Decimal, UUID, date, datetime, time, timedelta})
"""What is small, whatever it is."""

EncodeInto = Callable[[Any, bytearray], None]
Slice = Callable[[int, int], Any]


class TooLarge(EvaluationError, ValueError):
    """A value that is too large as text."""

    def __init__(self, most: int = LARGEST_WRITTEN, what: str = "bytes") -> None:
        super().__init__(f"a value is written with {most} {what} at most")


WRITING_ERRORS = (TypeError, ValueError, NotImplementedError, RecursionError)
"""What writing a value raises; TooLarge is a ValueError."""


def plain(value: Any) -> Any:
    """What JSON shall show of a value that JSON does not know.

    A value may say it itself, by a method `to_json`. Raises NotImplementedError for all else.
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
    """A value as JSON bytes. Raises WRITING_ERRORS: TooLarge, what `plain` raises, what is nested too deep."""
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
    """Values, of which `in_portions` knows that they are not too large, as JSON, each on a line of its own."""
    return _encoder.encode_lines(values)


def in_portions(values: list[Any]) -> Iterator[list[Any]]:
    """The values, in lists that are small as JSON, or of one. Raises as `encode`, for each alone."""
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
    """A value inside a text: null is empty, lists and maps are JSON, dates ISO 8601. Raises as `encode`."""
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
    """The value as JSON, in the smallest room that holds it; None where none does."""
    for room in (SMALL, MEDIUM, LARGE):
        written = _within(room, value, encode_into)
        if written is not None:
            return written
    return None


def _within(room: int, value: Any, encode_into: EncodeInto = _encoder.encode_into) -> bytes | None:
    """The value as JSON; None where it is larger than the room, which costs no more than to fill it.

    Without it a list of a few references is written as gigabytes, in one call that nothing can stop.
    """
    buffer = bytearray(room)
    with memoryview(buffer):  # what is looked at cannot grow
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
    """Writes a large value slice by slice, so that what it comes to is known before it is there."""

    def __init__(self, decimal_format: Literal["number", "string"] = "number") -> None:
        self._pieces: list[bytes] = []
        self._budget = _Budget()  # no writer, which its encoder would keep, and all that was written
        self._encode_into = msgspec.json.Encoder(enc_hook=self._budget.plain, decimal_format=decimal_format).encode_into

    def written(self, value: Any) -> bytes:
        """The value as JSON. Raises as `encode`."""
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
        except NotImplementedError:  # nothing that we know; msgspec may
            shown = value
        if shown is value:
            self._put(self._whole(value))
        else:
            self._write(shown)

    def _write_slices(
        self, ends: bytes, between: bytes, length: int, part: Slice, write_one: Callable[[int], None]
    ) -> None:
        """Write a list, a map or a text, each slice by itself, without its ends; `write_one` writes a large element."""
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
        """A slice as JSON; one that turns out too large cost as much time as one that is written."""
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
