from __future__ import annotations

from typing import Any

from engine import Code, Event, Link
from engine.connectors import RunPlain
from processors.db._database import AtOnce
from processors.db._statement import Statement


class QuerySingle(Statement):
    """Read one row: the result is a map by the names of the columns, or null if there is no row.

    If there are several rows it is the first; the others are not read.

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

    def code(self, link: Link) -> Code:
        return self.one_of_many(self._plain)

    def _plain(self, at_once: AtOnce) -> RunPlain:
        select, text, bind = at_once.select_at_once, self.text, self.bind_at_once
        return self.delivering(lambda event: _first(select(text, bind(event), 1)))

    async def run(self, event: Event) -> Event:
        values = self.bind(event)
        database = await self.statements()
        return self.deliver(event, _first(await database.select(self.text, values, 1, self.timeout)))


def _first(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    return rows[0] if rows else None
