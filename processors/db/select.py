from __future__ import annotations

from engine import Count, Event
from processors.db._statement import Statement


class Select(Statement):
    """Read rows: the result is a list of maps, one a row, by the names of the columns.

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

    async def run(self, event: Event) -> Event:
        most = self.max_rows.of(event) if self.max_rows else None
        values = self.bind(event)
        database = await self.statements()
        rows = await database.select(self.text, values, most)
        return self.deliver(event, rows)
