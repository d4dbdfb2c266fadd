from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator

from engine import Event, FlowError, Kind, Mistake, prepared, refuse
from engine.connectors import Resource
from processors.db._database import Database
from processors.db._errors import of_one
from processors.db._script import checked_script
from processors.db._sql import Sql
from processors.db._statement import DatabaseOperation


def _script(value: Any) -> Any:
    return checked_script(value) if isinstance(value, str) else value


class ExecuteScript(DatabaseOperation):
    """Run several statements, one after another; the result is the list of how many rows each changed.

    Semicolons end statements. Each is committed on its own, unless in a `try` with transactionalAction, and the first
    that fails ends the script: its number, from 1, is in `error.errorMessage.payload.statement` and in
    error.detailedDescription.

    Example:
        configs:
          Books: {db:config: {url: "sqlite://"}}
        run:
          - db:execute-script:
              config-ref: Books
              sql: |
                CREATE TABLE books(id INTEGER PRIMARY KEY, title TEXT);
                INSERT INTO books(title) VALUES('Emma'), ('Ulysses; or not');
        expect: {payload: [0, 2]}
    """

    sql: Annotated[tuple[str, ...] | None, BeforeValidator(_script), Kind(Sql.word, Sql.schema)] = None
    """The statements in one text; they have no parameters."""

    file: Resource | None = None
    """The name of a file beside the flow file that holds them, instead of sql."""

    texts: tuple[str, ...] = prepared()
    """The statements in the form of the database."""

    def __post_init__(self) -> None:
        if (self.sql is None) == (self.file is None):
            found = "neither 'sql' nor 'file'" if self.sql is None else "'sql' and 'file'"
            refuse([Mistake("F304", found, "one of the two")])
        super().__post_init__()

    def prepare(self, database: Database) -> None:
        statements = (checked_script(self.file.text) if self.file else self.sql) or ()
        self._prepare(texts=tuple(map(database.style.escape, statements)))

    @property
    def all_texts(self) -> Sequence[str]:
        return self.texts

    async def run(self, event: Event) -> Event:
        database = await self.statements()
        counts: list[int] = []
        try:
            for text in self.texts:
                counts.append((await database.change(text, (), self.timeout))["affectedRows"])
        except FlowError as failure:
            raise of_one(failure, "statement", len(counts) + 1) from failure
        return self.deliver(event, counts)
