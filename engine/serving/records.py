"""A body as a stream of records: NDJSON line by line, CSV row by row, in constant memory."""

from __future__ import annotations

import asyncio
import codecs
import csv
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from io import StringIO
from itertools import islice
from typing import Any

from starlette.requests import ClientDisconnect

from engine.core.media import read_json
from engine.core.refusal import Refusal
from engine.core.stream import Stream
from engine.core.turns import give_turn
from engine.expressions.reading import TooMuch
from engine.limits import MOST_CELLS, MOST_COLUMNS
from engine.serving.content import codec_of, essence_of
from engine.serving.route import Limits
from engine.serving.status import hung_up

NDJSON = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
CSV = "text/csv"
PORTION = 2**18
"""Bytes that are made records at once, however many come."""
CELLS = 2**14
"""How many cells of CSV are held at once; each takes the room of a reference, those too that a short row lacks."""
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
    texts = _decoded(_in_time(chunks, limits.read_timeout), codec_of(media_type))
    if essence_of(media_type) == CSV:
        portions = _of_csv(_whole(texts, _Quotes().end_of_rows, limits.max_body), limits.max_body)
    else:
        portions = _of_ndjson(_whole(texts, _end_of_lines, limits.max_body), limits.max_body)
    return Stream(_handed_on(portions, hand_on))


async def _handed_on(portions: Portions, hand_on: Callable[[], None]) -> Portions:
    async for portion in portions:
        hand_on()
        yield portion


async def _in_time(chunks: AsyncIterator[bytes], seconds: float) -> AsyncIterator[bytes]:
    """The bytes in portions; after each the others get their turn, whether it holds a record or not."""
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
        for start in range(0, len(chunk), PORTION):
            yield chunk[start : start + PORTION]
            await give_turn()


async def _decoded(chunks: AsyncIterator[bytes], codec: str) -> AsyncIterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig" if codec == "utf-8" else codec)()
    try:
        async for chunk in chunks:
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)
    except UnicodeError:
        raise Refusal(400, "HTTP:BAD_REQUEST", f"the body is no text in {codec}", is_early=True) from None


async def _whole(texts: AsyncIterator[str], end_of: Callable[[str], int], longest: int) -> AsyncIterator[str]:
    """The text in pieces that end with a record, each with as many as have come; the last need not be ended.

    end_of: behind which character of a further text its last record ends; 0 where none does.
    """
    rest = StringIO()
    async for text in texts:
        end = end_of(text)
        if end:
            rest.write(text[:end])
            yield rest.getvalue()
            rest = StringIO()
        rest.write(text[end:])
        if rest.tell() > longest:
            raise _too_long(longest)
    if rest.tell():
        yield rest.getvalue()


def _too_long(longest: int) -> Refusal:
    return _too_large(f"a record is larger than {longest} bytes")


def _too_large(detail: str) -> Refusal:
    return Refusal(413, "HTTP:REQUEST_TOO_LARGE", detail, is_early=True)


def _bad(detail: str) -> Refusal:
    return Refusal(400, "HTTP:BAD_REQUEST", detail, is_early=True)


# NDJSON


def _end_of_lines(text: str) -> int:
    return text.rfind("\n") + 1


async def _of_ndjson(texts: AsyncIterator[str], longest: int) -> Portions:
    count = blank = 0
    async for text in texts:
        lines = [line for line in text.split("\n") if line and not line.isspace()]
        blank = 0 if lines else blank + len(text)
        if blank > longest or (len(text) > longest and max(map(len, lines), default=0) > longest):
            raise _too_long(longest)
        if lines:
            yield [_read_line(line, number) for number, line in enumerate(lines, count + 1)]
            count += len(lines)


def _read_line(line: str, number: int) -> Any:
    try:
        return read_json(line.encode())
    except TooMuch as error:
        raise _too_large(f"record {number} of the body is too much: {error}") from None
    except ValueError as error:
        raise _bad(f"record {number} of the body is no JSON: {error}") from None


# CSV


class _Quotes:
    """Knows whether a cell is open at the end of what came: a quoted one may hold line breaks."""

    def __init__(self) -> None:
        self._is_open = False

    def end_of_rows(self, text: str) -> int:
        """Behind which character of a further text its last row ends; 0 where none does."""
        is_open = self._is_open = self._is_open ^ _is_odd(text.count('"'))
        end = len(text)
        line = text.rfind("\n")
        while line >= 0:
            is_open ^= _is_odd(text.count('"', line, end))
            if not is_open:
                return line + 1
            end = text.rfind('"', 0, line)  # where the cell begins: all line breaks behind it are inside
            line, is_open = text.rfind("\n", 0, max(end, 0)), False
        return 0


def _is_odd(count: int) -> bool:
    return count % 2 == 1


async def _of_csv(texts: AsyncIterator[str], longest: int) -> Portions:
    """Maps by the names in the first row, all values texts (RFC 4180)."""
    header: list[str] = []
    count = blank = 0
    async for text in texts:
        blank += len(text)
        rows = _rows(text, longest)
        while read := _some(rows, max(1, CELLS // len(header)) if header else 1, count):
            blank = 0
            if header:
                yield [_record(header, row, number) for number, row in enumerate(read, count + 1)]
                count += len(read)
                await give_turn()
            else:
                header = _checked_header(read[0])
        if blank > longest:
            raise _too_long(longest)


def _rows(text: str, longest: int) -> Iterator[list[str]]:
    if text.count(",") > MOST_CELLS:  # so many are of one row: all others come in portions
        raise _too_large(f"a record has more than {MOST_CELLS} cells")
    for row in csv.reader(StringIO(text, newline="\n"), strict=True):
        if len(text) > longest and sum(map(len, row)) > longest:
            raise _too_long(longest)
        if row:
            yield row


def _some(rows: Iterator[list[str]], most: int, before: int) -> list[list[str]]:
    try:
        return list(islice(rows, most))
    except csv.Error as error:
        raise _bad(f"the body is no CSV after record {before}: {error}") from None


def _checked_header(row: list[str]) -> list[str]:
    if len(row) > MOST_COLUMNS:
        raise _too_large(f"the body has more than {MOST_COLUMNS} columns")
    return row


def _record(header: list[str], row: list[str], number: int) -> dict[str, str | None]:
    if len(row) > len(header):
        raise _bad(f"record {number} of the body has {len(row)} cells, but there are {len(header)} columns")
    return dict(zip(header, [*row, *[None] * (len(header) - len(row))], strict=True))
