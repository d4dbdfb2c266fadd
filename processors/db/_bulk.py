"""The base of db:bulk-insert, db:bulk-update and db:bulk-delete."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from pydantic import AliasChoices

from engine import Event, Field, FlowError, Stream, Template, prepared
from engine.connectors import BATCH_SIZE, OFTEN, Appended, Transaction, current_span, give_turn
from processors.db._database import Database, DatabasePart
from processors.db._errors import QUERY_EXECUTION, of_one
from processors.db._sql import Sql
from processors.db._statement import OneStatement


class Bulk(OneStatement):
    """The base of the operations that run one statement for each of many maps, all or none of them."""

    sql: Sql
    """The statement, with a `:name` for each value, or a list: `id IN (:ids)`."""

    bulk_input_parameters: Annotated[
        Template,
        Field(
            alias="bulk-input-parameters",
            validation_alias=AliasChoices("bulk-input-parameters", "input-parameters"),
        ),
    ] = Template("#[payload]")
    """The values by name: a list of maps, or a stream of them. `input-parameters` means the same."""

    bind: Any = prepared()
    """Returns the values of a map for the statement, in order."""

    def prepare(self, database: Database) -> None:
        style = database.style
        bind = self.sql.binder(lambda parameters: parameters, style)
        self._prepare(text=self.sql.text(style), bind=bind, operation=f"BATCH {self.sql.verb}")

    async def run(self, event: Event) -> Event:
        portions = _portions(self.bulk_input_parameters.evaluate(event))
        part = await self._begin()
        try:
            counts = await self._run_all(part, portions)
        except BaseException:
            await part.rollback()
            raise
        await part.commit()
        if (span := current_span()) is not None:
            span.set({BATCH_SIZE: len(counts)})
        return self.deliver(event, counts)

    async def _begin(self) -> DatabasePart:
        """Begin a transaction of its own, or a part of the one of this logical task that can be undone alone."""
        transaction = Transaction.current()
        outer = None if transaction is None else await transaction.part_of(self.database)
        part: DatabasePart = await self.database.begin(outer)
        return part

    async def _run_all(self, part: DatabasePart, portions: AsyncIterator[Sequence[Any]]) -> list[int]:
        counts: list[int] = []
        async for rows in portions:
            for start in range(0, len(rows), OFTEN):
                await self._run_some(part, rows[start : start + OFTEN], counts)
                await give_turn()
        return counts

    async def _run_some(self, part: DatabasePart, rows: Sequence[Any], counts: list[int]) -> None:
        bind, change, text, timeout = self.bind, part.change, self.text, self.timeout
        try:
            for row in rows:
                counts.append((await change(text, bind(row), timeout))["affectedRows"])
        except FlowError as failure:
            raise of_one(failure, "row", len(counts) + 1) from failure


async def _portions(value: Any) -> AsyncIterator[Sequence[Any]]:
    if isinstance(value, Stream):
        async for portion in value.portions():
            yield portion
    elif isinstance(value, (list, tuple, Appended)):
        yield value
    elif value is not None:
        raise FlowError(QUERY_EXECUTION, "the parameters of a bulk statement are no list of maps")
