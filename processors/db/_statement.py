"""What the operations that run one statement have in common."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from engine import ConfigRef, Field, Mistake, Operation, Template, Transaction, refuse
from processors.db._database import Part, Statements
from processors.db._errors import DB_TYPES
from processors.db._sql import Sql
from processors.db.config import Config


class Statement(Operation):
    """The base of db:select, db:insert, db:update and db:delete."""

    config_ref: ConfigRef[Config]
    """The name of the db:config."""

    sql: Sql
    """The statement, with a `:name` for each value."""

    input_parameters: Annotated[Template, Field(alias="input-parameters")] = Template({})
    """The values by name: a map, or one expression that gives a map. They are bound, never pasted."""

    raises = DB_TYPES

    bind: ClassVar[Any]
    """The values of an event for the statement, in order."""

    text: ClassVar[str]
    """The statement as the database wants it."""

    def __post_init__(self) -> None:
        self._check_names()
        if isinstance(self.config_ref, Config):  # not where the config has mistakes itself
            style = self.config_ref.database.style
            self._prepare(text=self.sql.text(style), bind=self.sql.binder(self.input_parameters.evaluate, style))

    def acts_on(self) -> frozenset[Any] | None:
        return frozenset({self.config_ref.database})

    async def statements(self) -> Statements:
        """The database, or its part in the transaction of this task."""
        database, transaction = self.config_ref.database, Transaction.current()
        if transaction is None:
            return database
        part: Part = await transaction.part_of(database)
        return part

    def _check_names(self) -> None:
        """Check the names that are known now: a map that is written out must have them all."""
        tree = self.input_parameters.tree
        given = {pair["value"] for pair in tree["children"]} if tree["type"] == "map" else set(self.sql.names)
        missing = [name for name in self.sql.names if name not in given]
        if missing:
            found = f"the parameter ':{missing[0]}' in sql, which input-parameters lack"
            refuse([Mistake("F603", found, f"a value for each of {', '.join(self.sql.names)}")])
