from __future__ import annotations

from engine import Code, Count, Event, Link, Stream
from engine.connectors import RunPlain
from processors.db._database import AtOnce
from processors.db._rows import Rows
from processors.db._statement import Statement

FETCH_SIZE = 1_000


class Select(Statement):
    """Read rows: the result is a list of maps, one a row, by the names of the columns.

    With `streaming` it is a stream, for foreach or for the body of an answer, in the memory of `fetchSize` rows,
    however many there are; it is read once, expressions do not look inside. The statement runs immediately, its errors
    are raised here; the rows after the first ones are read as they are asked for. Its cursor is closed at the end of
    the rows, or of the flow. A stream of a transaction is read within it.

    A column of SQLite declared BOOLEAN, DATE, DATETIME, TIMESTAMP, TIME, DECIMAL, NUMERIC, UUID or JSON returns such a
    value, if one is stored in it; any other column, and an expression, returns a number, a text, bytes or null. Lists
    and maps are stored as JSON, UUIDs as text. Decimals are stored in a column declared DECIMAL or NUMERIC as SQLite's
    numbers, which hold 15 digits, or whole numbers of 64 bits: one of more digits is refused there
    (DB:QUERY_EXECUTION). DECIMAL(10, 2) returns two digits after the point, 20.00. A column declared TEXT stores any
    decimal as it is.

    Example:
        configs:
          Books:
            db:config:
              url: "sqlite://"
              initScript: "CREATE TABLE books(id INTEGER PRIMARY KEY, title TEXT); INSERT INTO books VALUES(1, 'Emma')"
        run:
          - db:select:
              config-ref: Books
              sql: SELECT title FROM books WHERE id = :id
              input-parameters: {id: 1}
        expect: {payload: [{title: Emma}]}
    """

    max_rows: Count | None = None
    """How many rows to read at most; all, if left out."""

    streaming: bool = False
    """Whether the result is a stream of the rows, read while it is gone through."""

    fetch_size: Count = Count(FETCH_SIZE)
    """How many rows a stream reads at a time."""

    @property
    def is_one_of_many(self) -> bool:
        """False if a server reads them through a cursor, which has a connection of its own."""
        return super().is_one_of_many and not (self.streaming or self.max_rows)

    def code(self, link: Link) -> Code:
        return self.one_of_many(self._plain)

    def _plain(self, at_once: AtOnce) -> RunPlain:
        select, text, bind = at_once.select_at_once, self.text, self.bind_at_once
        return self.delivering(lambda event: select(text, bind(event), None))

    async def run(self, event: Event) -> Event:
        most = self.max_rows.of(event) if self.max_rows else None
        values = self.bind(event)
        database = await self.statements()
        if not self.streaming:
            return self.deliver(event, await database.select(self.text, values, most, self.timeout))
        size = self.fetch_size.of(event)
        rows = Rows(database.portions(self.text, values, size, self.timeout), most)
        stream = Stream(rows)
        stream.close_with_flow()
        await rows.begin()
        return self.deliver(event, stream)
