"""Sends a stream as the body of an answer, as it comes."""

from __future__ import annotations

import codecs
import csv
from collections.abc import AsyncIterator, Callable, Mapping
from io import StringIO
from typing import Any, TypeVar

from engine.content.bodies import CSV, NDJSON, essence_of
from engine.content.negotiation import ANYTHING, preferred
from engine.expressions.charset import charset_of
from engine.expressions.writing import WRITING_ERRORS, encode, encode_lines, in_portions, to_text
from engine.serving.bodies.records import has_records
from engine.values.errors import TRANSFORMATION, FlowError
from engine.values.media import is_json
from engine.values.refusal import Refusal
from engine.values.stream import Stream
from engine.work.turns import give_turn

LINES = "application/x-ndjson"
T = TypeVar("T")
Told = Callable[[FlowError], bytes]


def stream_type(media_type: str | None, accept: str) -> str:
    """Return the media type to send a stream in: the flow's, else the one that the caller prefers, else NDJSON.

    Raises MULE:TRANSFORMATION if the flow's is impossible for a stream, Refusal (406) if the caller accepts no possible
    one.
    """
    if media_type is not None:
        return _checked(media_type)
    if accept in ANYTHING - {"application/json"}:
        return LINES
    found = next((each for each in preferred(accept) if has_records(each) or is_json(each)), None)
    if found is None:
        raise Refusal(406, "HTTP:NOT_ACCEPTABLE", f"the answer can be had as one of {LINES}, application/json, {CSV}")
    return found


def _checked(media_type: str) -> str:
    if not (has_records(media_type) or is_json(media_type)):
        raise FlowError(TRANSFORMATION, f"a stream cannot be written as {essence_of(media_type)}")
    try:
        charset_of(media_type)
    except LookupError as error:
        raise FlowError(TRANSFORMATION, "a stream cannot be written in its charset", cause=error) from error
    return media_type


def sent(stream: Stream, media_type: str, told: Told) -> AsyncIterator[bytes]:
    """Return the bytes of a stream: lines of JSON, rows of CSV, or one JSON list.

    Raises the FlowError that ends the stream early; in lines of JSON it becomes the last line, made by `told`.
    """
    if essence_of(media_type) in NDJSON:
        written = _lines(stream, told)
    elif is_json(media_type):
        written = _list(stream)
    else:
        written = _rows(stream)
    codec = charset_of(media_type)
    return written if codec == "utf-8" else _in_charset(written, codec)


async def _in_charset(chunks: AsyncIterator[bytes], codec: str) -> AsyncIterator[bytes]:
    encoder = codecs.getincrementalencoder(codec)()
    async for chunk in chunks:
        yield _written(lambda text: encoder.encode(text.decode()), chunk)


async def _lines(stream: Stream, told: Told) -> AsyncIterator[bytes]:
    is_begun = False
    try:
        async for portion in _portions(stream):
            yield _written(encode_lines, portion)
            is_begun = True
    except FlowError as failure:
        if is_begun:
            yield told(failure) + b"\n"
        raise


async def _list(stream: Stream) -> AsyncIterator[bytes]:
    before = b"["
    async for portion in _portions(stream):
        yield before + _written(encode, portion)[1:-1]
        before = b","
    yield b"]" if before == b"," else b"[]"


async def _rows(stream: Stream) -> AsyncIterator[bytes]:
    """Yield maps as rows of CSV, with the names of the first as the header, which cannot be changed later."""
    columns: dict[str, None] = {}

    def write(portion: list[Any]) -> bytes:
        out = StringIO()
        writer = csv.writer(out)
        for value in portion:
            if not isinstance(value, Mapping):
                raise TypeError("a row of CSV is a map")
            if not columns:
                columns.update(dict.fromkeys(value))
                writer.writerow(columns)
            elif not value.keys() <= columns.keys():
                raise FlowError(TRANSFORMATION, "a record of the stream has a key that is no column of the first one")
            writer.writerow([to_text(value.get(column)) for column in columns])
        return out.getvalue().encode()

    async for portion in _portions(stream):
        yield _written(write, portion)


async def _portions(stream: Stream) -> AsyncIterator[list[Any]]:
    """Yield the values in lists none of which is too large as text."""
    async for portion in stream.portions():
        parts = in_portions(portion)
        while part := _written(next, parts, []):
            yield part
            await give_turn()


def _written(write: Callable[..., T], *values: Any) -> T:
    try:
        return write(*values)
    except WRITING_ERRORS as error:
        raise FlowError(TRANSFORMATION, "a value of the stream cannot be written", cause=error) from error
