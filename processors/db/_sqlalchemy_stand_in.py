"""A database of MySQL or MariaDB that a test makes for itself."""

from __future__ import annotations

from sqlalchemy import make_url

from engine.connectors import Isolation
from processors.db._database import Pooling
from processors.db._sqlalchemy import SqlalchemyDatabase


class SqlalchemyStandIn(SqlalchemyDatabase):
    """A database made on a server at each start, and dropped when the test ends."""

    def __init__(self, server: str, name: str, isolation: Isolation, pooling: Pooling) -> None:
        super().__init__(make_url(server).set(database=name).render_as_string(hide_password=False), pooling)
        self._server = SqlalchemyDatabase(server, pooling)
        self._name = name
        self._isolation = isolation
        self._is_made = self._is_started = False

    async def start(self) -> None:
        """Start empty; several configs may share the database, of which the first one that starts does it."""
        if self._is_started:
            return
        await self._server.run_script(f"DROP DATABASE IF EXISTS {self._name}; CREATE DATABASE {self._name}")
        if not self._is_made:
            self._isolation.endings.append(self._drop)
        self._is_made = self._is_started = True
        await super().start()

    async def close(self) -> None:
        self._is_started = False
        await super().close()

    async def _drop(self) -> None:
        await self._server.run_script(f"DROP DATABASE IF EXISTS {self._name}")
        await self._server.close()
