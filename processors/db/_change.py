"""What db:insert, db:update and db:delete have in common."""

from __future__ import annotations

from engine import Event
from processors.db._statement import Statement


class Change(Statement):
    """The base of the statements that change rows; the result is `{affectedRows, generatedKeys}`."""

    async def run(self, event: Event) -> Event:
        values = self.bind(event)
        database = await self.statements()
        change = await database.change(self.text, values)
        return self.deliver(event, change)
