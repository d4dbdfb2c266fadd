from __future__ import annotations

from engine import Event
from processors.db._statement import Statement


class QuerySingle(Statement):
    """Read one row: the result is a map by the names of the columns, null where there is no row.

    Of several rows it is the first; the others are not read.

    Example:
        configs:
          Books:
            db:config:
              url: "sqlite://"
              initScript: "CREATE TABLE books(id INTEGER PRIMARY KEY, title TEXT); INSERT INTO books VALUES(1, 'Emma')"
        run:
          - db:query-single:
              config-ref: Books
              sql: SELECT title FROM books WHERE id = :id
              input-parameters: {id: 1}
        expect: {payload: {title: Emma}}
    """

    async def run(self, event: Event) -> Event:
        values = self.bind(event)
        database = await self.statements()
        rows = await database.select(self.text, values, 1, self.timeout)
        return self.deliver(event, rows[0] if rows else None)
