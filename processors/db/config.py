from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator

from engine import Config as BaseConfig
from engine import Duration, Field, Mistake, refuse
from processors.db._database import Database, Pooling
from processors.db._sqlite import SqliteDatabase
from processors.db._sqlite_file import file_of

POSTGRESQL = ("postgresql", "postgres")


def _url(value: Any) -> Any:
    if not isinstance(value, str) or not _is_known(value):
        scheme = str(value).partition(":")[0][:20]
        write = "sqlite:///file.db, sqlite:////absolute/file.db, sqlite:// or postgresql://user:password@host/database"
        refuse([Mistake("F303", f"the scheme '{scheme}'", "a database", write)])
    if scheme_of(value) in POSTGRESQL and find_spec("asyncpg") is None:
        found = "a PostgreSQL url, but no driver for it is installed"
        refuse([Mistake("F303", found, "the package asyncpg", "pip install 'flow-engine[postgres]'")])
    return str(value)


def scheme_of(url: str) -> str:
    return url.partition("://")[0]


def _is_known(url: str) -> bool:
    return file_of(url) is not None or scheme_of(url) in POSTGRESQL


def database_of(url: str, pooling: Pooling) -> Database:
    """The database of a url, by its scheme. Drivers are imported only for those that need them."""
    if scheme_of(url) in POSTGRESQL:
        from processors.db._postgres import PostgresDatabase

        return PostgresDatabase(url, pooling)
    return SqliteDatabase(url)


def _script(value: Any) -> Any:
    """The statements; a text that ends in .sql is the name of a file beside the flow file."""
    if not isinstance(value, str) or not value.strip().endswith(".sql"):
        return value
    place = getattr(value, "place", None)
    folder = Path(place.file).parent if place else Path()
    try:
        return (folder / value).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        refuse(
            [
                Mistake(
                    "F303",
                    f"the file '{value}', which cannot be read",
                    "SQL statements, or a file beside the flow file",
                )
            ]
        )


class Config(BaseConfig):
    """A database, which operations name by config-ref.

    `sqlite:///customers.db` is a file in the folder where the engine was started, made at the first
    start; `sqlite:////var/customers.db` is absolute; `sqlite://` lies in memory.
    `postgresql://user:password@host:5432/customers` is a PostgreSQL server, which needs the extra
    `[postgres]`; what stands behind a `?` is as in libpq, such as sslmode.

    Each statement is committed on its own, unless a `try` with `transactionalAction` is around it.
    A database that cannot be reached stops the start only where an initScript must run; else the
    first use raises DB:CONNECTIVITY.

    Example:
        configs:
          Books:
            db:config:
              url: "sqlite://"
              initScript: CREATE TABLE IF NOT EXISTS books(id INTEGER PRIMARY KEY, title TEXT)
        run:
          - db:select: {config-ref: Books, sql: SELECT count(*) AS books FROM books}
        expect: {payload: [{books: 0}]}
    """

    url: Annotated[str, BeforeValidator(_url)]
    """Where the database is."""

    init_script: Annotated[str | None, BeforeValidator(_script)] = None
    """Statements that run once at the start, without parameters; or the name of a .sql file beside the flow file."""

    max_pool_size: Annotated[int, Field(ge=1)] = Pooling.most
    """How many connections there are at most. A file or a database in memory has its own, and no pool."""

    min_pool_size: Annotated[int, Field(ge=0)] = Pooling.least
    """How many connections are opened at the start and kept."""

    max_wait: Duration = Pooling.wait
    """How long a statement waits for a connection before DB:CONNECTIVITY is raised."""

    database: ClassVar[Database]

    def __post_init__(self) -> None:
        pooling = Pooling(self.min_pool_size, self.max_pool_size, self.max_wait)
        self._prepare(database=database_of(self.url, pooling))

    async def is_ready(self) -> bool:
        return await self.database.is_ready()

    async def start(self) -> None:
        await self.database.start()
        if self.init_script:
            await self.database.run_script(self.init_script)

    async def stop(self) -> None:
        await self.database.close()
