"""What db:insert, db:update and db:delete have in common."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator

from engine import Event, Mistake, Transaction, refuse
from processors.db._database import Database
from processors.db._statement import Statement

UNNAMED_KEY = "GENERATED_KEY"
"""What a database calls a key that it made where it does not tell the column (MySQL's name)."""


class Change(Statement):
    """The base of the statements that change rows; the result is `{affectedRows, generatedKeys}`."""

    async def run(self, event: Event) -> Event:
        values = self.bind(event)
        database = self.database if Transaction.current() is None else await self.statements()
        change = await database.change(self.text, values, self.timeout)
        return self.deliver(event, change)


def _columns(names: Any) -> Any:
    for name in names:
        if not name.isidentifier():
            refuse([Mistake("F303", f"'{name}'", "the name of a column")])
    return names


class Generating(Change):
    """The base of the statements that may tell the keys that the database made."""

    auto_generate_keys: bool = False
    """Whether generatedKeys holds what the database made for the first row, such as its id."""

    auto_generated_keys_column_names: Annotated[tuple[str, ...], AfterValidator(_columns)] = ()
    """The columns that generatedKeys holds; all of the row, if left out."""

    def prepare(self, database: Database) -> None:
        super().prepare(database)
        if self.auto_generate_keys and database.style.returning:
            self._prepare(text=self.sql.returning(self.auto_generated_keys_column_names).text(database.style))

    def deliver(self, event: Event, result: Any, *attributes: Any) -> Event:
        keys = result["generatedKeys"]
        if UNNAMED_KEY in keys and not self.auto_generate_keys:
            result["generatedKeys"] = {}
        elif UNNAMED_KEY in keys and self.auto_generated_keys_column_names:
            result["generatedKeys"] = {self.auto_generated_keys_column_names[0]: keys[UNNAMED_KEY]}
        return super().deliver(event, result, *attributes)
