"""A body as a stream of records: NDJSON line by line, CSV row by row, in constant memory."""

from __future__ import annotations

import asyncio
import codecs
import csv
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

from starlette.requests import ClientDisconnect

from engine.core.media import read_json
from engine.core.refusal import Refusal
from engine.core.stream import Stream
from engine.serving.content import codec_of, essence_of
from engine.serving.route import Limits
from engine.serving.status import hung_up

NDJSON = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
CSV = "text/csv"
Portions = AsyncGenerator[list[Any], None]


def has_records(media_type: str | None) -> bool:
    """Whether a body of that media type is a row of records."""
    return essence_of(media_type) in NDJSON or essence_of(media_type) == CSV


def records_of(
    chunks: AsyncIterator[bytes], media_type: str | None, limits: Limits, hand_on: Callable[[], None]
) -> Stream:
    """The records of a body. Raises UnknownCharset.

    limits: how large one record may be, and how long the next chunk may take to arrive. hand_on: called
    when all the chunks were made into records, but perhaps for the end of the last. Reading the
    stream raises Refusal for a record that cannot be read, with its number, and where the caller is
    gone a critical error, which no handler takes.
    """
    texts = _lines(_in_time(chunks, limits.read_timeout), codec_of(media_type), limits.max_body)
    portions = _of_csv(texts, limits.max_body) if essence_of(media_type) == CSV else _of_ndjson(texts)
    return Stream(_handed_on(portions, hand_on))


async def _handed_on(portions: Portions, hand_on: Callable[[], None]) -> Portions:
    async for portion in portions:
        hand_on()
        yield portion


async def _in_time(chunks: AsyncIterator[bytes], seconds: float) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout(seconds):
                chunk = await anext(chunks, None)
        except TimeoutError:
            detail = f"the next part of the body did not arrive within {seconds:g} s"
            raise Refusal(408, "HTTP:REQUEST_TIMEOUT", detail, {"connection": "close"}) from None
        except ClientDisconnect:
            raise hung_up() from None
        if chunk is None:
            return
        yield chunk


async def _lines(chunks: AsyncIterator[bytes], codec: str, longest: int) -> AsyncIterator[list[str]]:
    """Whole lines, without their ends, as many as have come; the last need not be ended."""
    decoder = codecs.getincrementaldecoder(codec)()
    rest = ""
    try:
        async for chunk in chunks:
            *lines, rest = (rest + decoder.decode(chunk)).split("\n")
            if max(map(len, lines), default=0) > longest or len(rest) > longest:
                raise _too_long(longest)
            if lines:
                yield lines
        rest += decoder.decode(b"", final=True)
    except UnicodeError:
        raise Refusal(400, "HTTP:BAD_REQUEST", f"the body is no text in {codec}", is_early=True) from None
    if rest:
        yield [rest]


def _too_long(longest: int) -> Refusal:
    return Refusal(413, "HTTP:REQUEST_TOO_LARGE", f"a record is larger than {longest} bytes", is_early=True)


async def _of_ndjson(texts: AsyncIterator[list[str]]) -> Portions:
    count = 0
    async for lines in texts:
        told = (line for line in lines if line and not line.isspace())
        portion = [_read_line(line, number) for number, line in enumerate(told, count + 1)]
        count += len(portion)
        if portion:
            yield portion


def _read_line(line: str, number: int) -> Any:
    try:
        return read_json(line.encode())
    except ValueError as error:
        detail = f"record {number} of the body is no JSON: {error}"
        raise Refusal(400, "HTTP:BAD_REQUEST", detail, is_early=True) from None


async def _of_csv(texts: AsyncIterator[list[str]], longest: int) -> Portions:
    """Maps by the names in the first row, all values texts (RFC 4180)."""
    header: list[str] | None = None
    count = 0
    async for lines in _quoted(texts, longest):
        try:
            rows = [row for row in csv.reader(lines, strict=True) if row]
        except csv.Error as error:
            detail = f"the body is no CSV after record {count}: {error}"
            raise Refusal(400, "HTTP:BAD_REQUEST", detail, is_early=True) from None
        if header is None and rows:
            header, *rows = rows
        if header is not None and rows:
            yield [_record(header, row, count + number) for number, row in enumerate(rows, 1)]
            count += len(rows)


async def _quoted(texts: AsyncIterator[list[str]], longest: int) -> AsyncIterator[list[str]]:
    """Lines that end outside of quotes: a quoted cell may hold line breaks."""
    waiting: list[str] = []
    is_inside, size = False, 0
    async for lines in texts:
        for line in lines:
            is_inside ^= line.count('"') % 2 == 1
            waiting.append(f"{line}\n")
            size = size + len(line) if is_inside else 0
        if size > longest:
            raise _too_long(longest)
        if not is_inside:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _record(header: list[str], row: list[str], number: int) -> dict[str, str | None]:
    if len(row) > len(header):
        detail = f"record {number} of the body has {len(row)} cells, but there are {len(header)} columns"
        raise Refusal(400, "HTTP:BAD_REQUEST", detail, is_early=True)
    return dict(zip(header, [*row, *[None] * (len(header) - len(row))], strict=True))
