"""The database that a test uses instead of a real one: same dialect, its own, empty when a case begins."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from secrets import token_hex

from engine.connectors import Isolation
from processors.db._database import Database, Pooling
from processors.db._sqlite import SqliteDatabase
from processors.db._sqlite_file import MEMORY, file_of

PREFIX = "flow_test_"
"""The prefix of names of databases that tests make on a server: a test that is killed leaves one there."""

EXAMPLES = {"postgresql": "postgresql://user@host/postgres", "mysql": "mysql+asyncmy://user@host/mysql"}
"""URLs of servers on which tests can have databases of their own, by dialect."""

FAMILIES = {"postgres": "postgresql", "mariadb": "mysql"}
"""Dialects of another name that understand the same."""


def stand_in(url: str, isolation: Isolation, pooling: Pooling) -> Database | None:
    """Return the database of a test for that at a url; None if there is no server on which it could be."""
    if file_of(url) is not None:
        return SqliteDatabase("sqlite://", _confined(isolation))
    dialect = dialect_of(url)
    if dialect == "sqlite":
        from processors.db._sqlalchemy import SqlalchemyDatabase

        return SqlalchemyDatabase(f"{url.partition(':')[0]}://", pooling)
    server = next((each for each in isolation.databases if dialect_of(each) == dialect), None)
    return None if server is None else _on_server(dialect, server, isolation, pooling)


def hint_of(url: str) -> str:
    """Say how a test gets a database of its own instead of that at a url; empty if it cannot have one."""
    example = EXAMPLES.get(dialect_of(url), "")
    return f"engine test --database {example}, a server on which tests make databases of their own" if example else ""


def dialect_of(url: str) -> str:
    """Return the family of dialects that understand the same statements, such as `postgresql` or `mysql`."""
    name = url.partition(":")[0].partition("+")[0].lower()
    return FAMILIES.get(name, name)


def _on_server(dialect: str, server: str, isolation: Isolation, pooling: Pooling) -> Database | None:
    """Return a database with a name of its own, which is gone when the test ends."""
    name = PREFIX + token_hex(4)
    if dialect == "postgresql":
        from processors.db._postgres_stand_in import PostgresStandIn

        return PostgresStandIn(server, name, isolation, pooling)
    if dialect == "mysql":
        from processors.db._sqlalchemy_stand_in import SqlalchemyStandIn

        return SqlalchemyStandIn(server, name, isolation, pooling)
    return None


def _confined(isolation: Isolation) -> Callable[[sqlite3.Connection], None]:
    """Keep a connection from attaching a file, and from writing one (VACUUM INTO)."""

    def allow(action: int, name: str | None, *_: str | None) -> int:
        if action != sqlite3.SQLITE_ATTACH or name in ("", MEMORY):
            return sqlite3.SQLITE_OK
        isolation.refusal(f"ATTACH or VACUUM INTO of the file {name or 'that a parameter names'}")
        return sqlite3.SQLITE_DENY

    return lambda connection: connection.set_authorizer(allow)
