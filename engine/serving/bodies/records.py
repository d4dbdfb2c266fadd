"""Reads a body as a stream of records: NDJSON line by line, CSV row by row, in constant memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from io import StringIO
from itertools import islice
from typing import Any

from starlette.requests import ClientDisconnect

from engine.content.bodies import CSV, NDJSON, charset_named, essence_of
from engine.content.csv_options import CsvOptions
from engine.expressions.errors import NotInFormat
from engine.expressions.reading import TooMuch, reason_of
from engine.expressions.tables import Dialect, ExtraCells, Row, Table
from engine.expressions.texts import Decoder
from engine.limits import MOST_CELLS, MOST_COLUMNS
from engine.serving.route import Limits
from engine.serving.status import hung_up
from engine.values.media import read_json
from engine.values.refusal import Refusal
from engine.values.stream import Stream, Unreadable
from engine.work.turns import give_turn

PORTION = 2**18
"""Bytes that are turned into records at a time, however many arrive."""
CELLS = 2**14
"""How many CSV cells are held at a time; each takes the room of a reference, even cells that a short row lacks."""
Portions = AsyncGenerator[list[Any], None]


def has_records(media_type: str | None) -> bool:
    """Return whether a body of that media type is a sequence of records."""
    return essence_of(media_type) in NDJSON or essence_of(media_type) == CSV


def records_of(
    chunks: AsyncIterator[bytes], media_type: str | None, limits: Limits, csv: CsvOptions, hand_on: Callable[[], None]
) -> Stream:
    """Return the records of a body. Raises UnknownCharset.

    limits: how large one record may be, and how long the next chunk may take to arrive. csv: how CSV is
    written. hand_on: called when all chunks were turned into records, except perhaps the end of the last. A record that
    cannot be read is Unreadable; reading the stream raises Refusal for a record that is too large, or after which the
    start of the next is unknown, and, if the caller is gone, a critical error, which no handler catches.
    """
    is_csv = essence_of(media_type) == CSV
    codec = charset_named(media_type) or (csv.codec if is_csv else None) or "utf-8"
    texts = _decoded(_in_time(chunks, limits.read_timeout), codec)
    if is_csv:
        portions = _of_csv(
            _whole(texts, _Quotes(csv.dialect).end_of_rows, limits.max_body), csv.dialect, limits.max_body
        )
    else:
        portions = _of_ndjson(_whole(texts, _end_of_lines, limits.max_body), limits.max_body)
    return Stream(_handed_on(portions, hand_on))


async def _handed_on(portions: Portions, hand_on: Callable[[], None]) -> Portions:
    async for portion in portions:
        hand_on()
        yield portion


async def _in_time(chunks: AsyncIterator[bytes], seconds: float) -> AsyncIterator[bytes]:
    """Yield the bytes in portions; after each one other tasks get a turn, whether it holds a record or not."""
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
    decoder = Decoder(codec)
    try:
        async for chunk in chunks:
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)
    except UnicodeError:
        raise Refusal(400, "HTTP:BAD_REQUEST", f"the body is no text in {codec}", is_early=True) from None


async def _whole(texts: AsyncIterator[str], end_of: Callable[[str], int], longest: int) -> AsyncIterator[str]:
    """Yield the text in pieces that end with a record, each with all records so far; the last may be unterminated.

    end_of: returns the offset after the last record that ends in a further text; 0 if none does.
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
    count = blank = above = 0
    async for text in texts:
        lines = [
            (number, line) for number, line in enumerate(text.split("\n"), above + 1) if line and not line.isspace()
        ]
        above += text.count("\n")
        blank = 0 if lines else blank + len(text)
        if blank > longest or (len(text) > longest and max((len(line) for _, line in lines), default=0) > longest):
            raise _too_long(longest)
        if lines:
            yield [_read_line(line, number, at) for number, (at, line) in enumerate(lines, count + 1)]
            count += len(lines)


def _read_line(line: str, number: int, at: int) -> Any:
    try:
        return read_json(line.encode())
    except TooMuch as error:
        raise _too_large(f"record {number} of the body is too much: {error}") from None
    except ValueError as error:
        reason, _, column = reason_of(error)
        return Unreadable(None, f"record {number} of the body is no JSON: {NotInFormat(reason, at, column)}")


# CSV


class _Quotes:
    """Tracks whether a cell is open at the end of the text so far: a quoted one may hold line breaks.

    A quote opens a cell only at its beginning; after letters, as in `5" disk`, it is an ordinary character.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._quote = dialect.quote
        self._before_cells = frozenset({dialect.separator, "\n", "\r"})
        self._is_open = self._closes = False
        self._may_open = True
        """Whether a quote at this point would open a cell, or be the second of an escaped pair."""

    def end_of_rows(self, text: str) -> int:
        """Return the offset after the last row that ends in a further text; 0 if none does."""
        if not text:
            return 0
        end = self._counted(text) if self._is_regular(text) else self._walked(text)
        self._may_open = text[-1] in self._before_cells or (text[-1] == self._quote and self._closes)
        return end

    def _is_regular(self, text: str) -> bool:
        """Return whether all quotes open or close cells, so that counting them is enough."""
        outside = text.split(self._quote)[:-1][self._is_open :: 2]
        if outside and not outside[0] and not self._is_open and not self._may_open:
            return False
        return all(not part or part[-1] in self._before_cells for part in outside)

    def _counted(self, text: str) -> int:
        quote = self._quote
        is_open = self._is_open = self._is_open ^ _is_odd(text.count(quote))
        self._closes = not is_open
        end = len(text)
        line = text.rfind("\n")
        while line >= 0:
            is_open ^= _is_odd(text.count(quote, line, end))
            if not is_open:
                return line + 1
            end = text.rfind(quote, 0, line)  # the start of the cell: all line breaks after it are inside
            line, is_open = text.rfind("\n", 0, max(end, 0)), False
        return 0

    def _walked(self, text: str) -> int:
        """Return the same result, walking from quote to quote."""
        end = at = 0
        may_open = self._may_open
        self._closes = False
        while (mark := text.find(self._quote, at)) >= 0:
            if self._is_open:
                self._is_open, self._closes = False, True
            else:
                end = text.rfind("\n", at, mark) + 1 or end
                opens = text[mark - 1] in self._before_cells if mark > at else may_open
                self._is_open, self._closes = opens, False
            may_open, at = self._closes, mark + 1
        return end if self._is_open else text.rfind("\n", at) + 1 or end


def _is_odd(count: int) -> bool:
    return count % 2 == 1


async def _of_csv(texts: AsyncIterator[str], dialect: Dialect, longest: int) -> Portions:
    """Yield the records of CSV (RFC 4180); a row with too many cells is Unreadable."""
    rows = _Rows(dialect, longest)
    table = Table(dialect, rows.check, _unreadable)
    async for text in texts:
        rows.begin(text)
        records, is_over = table.records(text), False
        while not is_over:
            most = 1 if rows.is_first_due else max(1, CELLS // len(table.columns or "-"))
            portion, failure = _some(records, most)
            if portion:
                yield portion
                await give_turn()
            if failure:
                raise failure
            is_over = len(portion) < most
        rows.end()


class _Rows:
    """Checks rows before they become records. longest: characters of one row, and of consecutive blank ones."""

    def __init__(self, dialect: Dialect, longest: int) -> None:
        self._separator = dialect.separator
        self._longest = longest
        self._blank = 0
        self._is_long = False
        self.is_first_due = dialect.header
        """Whether the next row has the names of the columns."""

    def begin(self, text: str) -> None:
        if text.count(self._separator) > MOST_CELLS:  # this many belong to one row: all others come in portions
            raise _too_large(f"a record has more than {MOST_CELLS} cells")
        self._is_long = len(text) > self._longest
        self._blank += len(text)

    def check(self, row: Row) -> None:
        if not row:
            return
        self._blank = 0
        if self._is_long and sum(map(len, row)) > self._longest:
            raise _too_long(self._longest)
        if self.is_first_due:
            self.is_first_due = False
            if len(row) > MOST_COLUMNS:
                raise _too_large(f"the body has more than {MOST_COLUMNS} columns")

    def end(self) -> None:
        if self._blank > self._longest:
            raise _too_long(self._longest)


def _unreadable(row: ExtraCells) -> Unreadable:
    return Unreadable(row.record, f"line {row.line} of the body: {row}")


def _some(records: Iterator[Any], most: int) -> tuple[list[Any], Refusal | None]:
    """Return the available records, and the error that stopped them, if any."""
    portion: list[Any] = []
    try:
        for record in islice(records, most):
            portion.append(record)  # those before a mistake are kept
    except NotInFormat as error:
        return portion, _bad(f"the body is no CSV: {error}")
    return portion, None
