"""A PostgreSQL database that a test makes for itself."""

from __future__ import annotations

from urllib.parse import urlsplit

from engine.connectors import Isolation
from processors.db._database import Pooling
from processors.db._postgres import PostgresDatabase

WIPE = """
DO $$
DECLARE
  name text;
BEGIN
  FOR name IN SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', name);
  END LOOP;
  CREATE SCHEMA public;
END $$
"""
"""All tables are removed in a few milliseconds, while a new database takes a hundred."""


class PostgresStandIn(PostgresDatabase):
    """A database made on a server at the first start, empty at each, and dropped when the test ends."""

    def __init__(self, server: str, name: str, isolation: Isolation, pooling: Pooling) -> None:
        super().__init__(urlsplit(server)._replace(path=f"/{name}").geturl(), pooling)
        self._server = PostgresDatabase(server, pooling)
        self._name = name
        self._isolation = isolation
        self._is_made = self._is_started = False

    async def start(self) -> None:
        """Start empty; several configs may share the database, of which the first one that starts does it."""
        if self._is_started:
            return
        if not self._is_made:
            await self._server.run_script(f"CREATE DATABASE {self._name}")
            self._isolation.endings.append(self._drop)
            self._is_made = True
        self._is_started = True
        await self.run_script(WIPE)
        await super().start()

    async def close(self) -> None:
        self._is_started = False
        await super().close()

    async def _drop(self) -> None:
        await self._server.run_script(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")
        await self._server.close()
