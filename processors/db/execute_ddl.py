from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from engine import Event, Mistake, refuse
from processors.db._database import Database
from processors.db._sql import Sql
from processors.db._statement import OneStatement


def _without_parameters(sql: Sql) -> Sql:
    if sql.names:
        refuse([Mistake("F303", f"the parameter ':{sql.names[0]}'", "a statement without parameters")])
    return sql


class ExecuteDdl(OneStatement):
    """Run a statement that changes tables, such as CREATE or ALTER; the result is how many rows it changed, mostly 0.

    Example:
        configs:
          Books: {db:config: {url: "sqlite://"}}
        run:
          - db:execute-ddl: {config-ref: Books, sql: "CREATE TABLE books(id INTEGER PRIMARY KEY, title TEXT)"}
        expect: {payload: 0}
    """

    is_prepared = False  # what it creates may be there already
    sql: Annotated[Sql, AfterValidator(_without_parameters)]
    """The statement; it has no parameters."""

    def prepare(self, database: Database) -> None:
        self._prepare(text=self.sql.text(database.style), operation=self.sql.verb)

    async def run(self, event: Event) -> Event:
        database = await self.statements()
        change = await database.change(self.text, (), self.timeout)
        return self.deliver(event, change["affectedRows"])
