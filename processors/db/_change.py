"""The base of db:insert, db:update and db:delete."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from engine import Code, Event, Kind, Link, Mistake, refuse
from engine.connectors import TEXTS, RunPlain, Transaction
from processors.db._database import UNNAMED_KEY, AtOnce, Database
from processors.db._statement import Statement


class Change(Statement):
    """The base of the statements that change rows; the result is `{affectedRows, generatedKeys}`."""

    def code(self, link: Link) -> Code:
        return self.one_of_many(self._plain)

    def _plain(self, at_once: AtOnce) -> RunPlain:
        change, text, bind = at_once.change_at_once, self.text, self.bind_at_once
        return self.delivering(lambda event: change(text, bind(event)))

    async def run(self, event: Event) -> Event:
        values = self.bind(event)
        database = self.database if Transaction.current() is None else await self.statements()
        change = await database.change(self.text, values, self.timeout)
        return self.deliver(event, change)


def _columns(value: Any) -> Any:
    """Names, as a list or a comma list; they become part of the statement."""
    names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
    for name in names if isinstance(names, list) else ():
        if not isinstance(name, str) or not name.isidentifier():
            refuse([Mistake("F303", f"'{name}'", "the name of a column")])
    return names


class Generating(Change):
    """The base of the statements that may return the keys that the database made."""

    auto_generate_keys: bool = False
    """Whether generatedKeys holds the values that the database made for the first row, such as its id."""

    auto_generated_keys_column_names: Annotated[tuple[str, ...], BeforeValidator(_columns), Kind("list", TEXTS)] = ()
    """The columns that generatedKeys holds; all of the row, if left out."""

    def prepare(self, database: Database) -> None:
        super().prepare(database)
        if not database.style.returning:
            self._prepare(deliver=self._deliver_named)
        elif self.auto_generate_keys:
            self._prepare(text=self.sql.returning(self.auto_generated_keys_column_names).text(database.style))

    def _deliver_named(self, event: Event, result: Any, *attributes: Any) -> Event:
        """Deliver with the column's name, for a database that returns a key without it, if it was asked for."""
        keys = result.get("generatedKeys") if isinstance(result, dict) else None  # a mock may return anything
        if keys and UNNAMED_KEY in keys:
            names = self.auto_generated_keys_column_names[:1] or (UNNAMED_KEY,)
            shown = {names[0]: keys[UNNAMED_KEY]} if self.auto_generate_keys else {}
            result = {**result, "generatedKeys": shown}
        return super().deliver(event, result, *attributes)
