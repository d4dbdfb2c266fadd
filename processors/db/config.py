from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator

from engine import Config as BaseConfig
from engine import Duration, Field, FlowError, Mistake, Runtime, prepared, refuse
from engine.connectors import Isolation, Measures, Reconnection, read_file, text_of
from processors.db._database import Database, DatabasePart, Pooling
from processors.db._errors import DB_CONNECTIVITY
from processors.db._jdbc import PREFIX, url_of_jdbc, with_credentials
from processors.db._meter import measure_connections
from processors.db._script import statements_in
from processors.db._sql import Sql
from processors.db._sqlite import SqliteDatabase
from processors.db._sqlite_file import MEMORY, file_of

POSTGRESQL = ("postgresql", "postgres")
URLS = "sqlite:///file.db, sqlite:////absolute/file.db, sqlite:// or postgresql://user:password@host/database"


DRIVERS = "an asynchronous driver: mysql+asyncmy, mariadb+asyncmy, mssql+aioodbc, oracle+oracledb, sqlite+aiosqlite"


def _url(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(PREFIX):
        value = url_of_jdbc(value) or value
    scheme = str(value).partition(":")[0][:20]
    if not isinstance(value, str) or "://" not in value:
        refuse([Mistake("F303", f"the scheme '{scheme}'", "a database", URLS)])
    if scheme in POSTGRESQL:
        _need("asyncpg", "a PostgreSQL url, but no driver for it is installed", "postgres")
    elif scheme.startswith(POSTGRESQL):
        refuse([Mistake("F303", f"the scheme '{scheme}'", "a database", "postgresql://user:password@host/database")])
    elif file_of(value) is None:
        _need("sqlalchemy", f"a url of {scheme}, but SQLAlchemy is not installed", "sqlalchemy")
        from processors.db._sqlalchemy import reason_against

        if reason := reason_against(value):
            refuse([Mistake("F303", reason, "a database", DRIVERS if "driver" in reason else URLS)])
    return str(value)


def _need(package: str, found: str, extra: str) -> None:
    if find_spec(package) is None:
        refuse([Mistake("F303", found, f"the package {package}", f"pip install 'flow-engine[{extra}]'")])


def scheme_of(url: str) -> str:
    return url.partition("://")[0]


def database_of(url: str, pooling: Pooling) -> Database:
    """Return the database of a url, by its scheme. Drivers are imported only if they are needed."""
    if scheme_of(url) in POSTGRESQL:
        from processors.db._postgres import PostgresDatabase

        return PostgresDatabase(url, pooling)
    if file_of(url) is not None:
        return SqliteDatabase(url)
    from processors.db._sqlalchemy import SqlalchemyDatabase

    return SqlalchemyDatabase(url, pooling)


def _script(value: Any) -> Any:
    """Return the statements; a text that ends in .sql is the name of a file beside the flow file."""
    if not isinstance(value, str) or not value.strip().endswith(".sql"):
        return value
    place = getattr(value, "place", None)
    folder = Path(place.file).parent if place else Path()
    try:
        return text_of(read_file(folder / value))
    except (OSError, ValueError):
        refuse(
            [
                Mistake(
                    "F303",
                    f"the file '{value}', which cannot be read",
                    "SQL statements, or a file beside the flow file",
                )
            ]
        )


async def _close(database: Database) -> None:
    await database.close()


class Config(BaseConfig):
    """A database; operations refer to it by config-ref.

    `sqlite:///customers.db` is a file in the folder in which the engine was started, made at the first start;
    `sqlite:////var/customers.db` is absolute; `sqlite://` is kept in memory.
    `postgresql://user:password@host:5432/customers` is a PostgreSQL server, which needs the extra `[postgres]`; the
    options after a `?` are those of libpq, such as sslmode. Any other url is SQLAlchemy's, with an asynchronous driver,
    and needs the extra `[sqlalchemy]` and the driver: `mysql+asyncmy://user:password@host/customers`,
    `mssql+aioodbc://…`, `oracle+oracledb://…`.

    Each statement is committed on its own, unless a `try` with `transactionalAction` is around it. A database that
    cannot be reached stops the start only if an initScript must run, or if reconnection says failsDeployment; otherwise
    the first use raises DB:CONNECTIVITY.

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
    """The url of the database; one of JDBC (`jdbc:mysql://…`) means the same database, and SQLite stands in for one in
    the process of Java (H2, HSQLDB, Derby): `jdbc:h2:mem:shop` is `sqlite://`, `jdbc:h2:./shop` `sqlite:///./shop.db`."""

    user: str | None = None
    """Who logs in, if the url does not say it; unlike there, any character stands for itself."""

    password: str | None = None
    """The password of `user`; take it from a placeholder such as `${secret:db.password}`."""

    init_script: Annotated[str | None, BeforeValidator(_script)] = None
    """Statements that run once at the start, without parameters; or the name of a .sql file beside the flow file."""

    max_pool_size: Annotated[int, Field(ge=1)] = Pooling.most
    """How many connections there are at most. A file or a database in memory has its own, and no pool."""

    min_pool_size: Annotated[int, Field(ge=0)] = Pooling.least
    """How many connections are opened at the start and kept."""

    max_wait: Duration = Pooling.wait
    """How long a statement waits for a connection before DB:CONNECTIVITY is raised."""

    reconnection: Reconnection = Reconnection()
    """Whether the database must be there when the application starts, and how often that is tried: failsDeployment,
    reconnect or reconnect-forever. Later each statement connects again if the connection was lost."""

    database: Database = prepared()

    reaches_outside = True

    def __post_init__(self) -> None:
        if self.user is not None and "@" in self.url:
            refuse(
                [Mistake("F304", "user beside a url that has one", "one of them", "the url without user and password")]
            )
        self._prepare(database=database_of(self._address, self._pooling))

    def be_named(self, name: str) -> None:
        super().be_named(name)
        key = Config, name, self._address, self._pooling
        self._prepare(database=self.runtime.keep(key, lambda: self.database, _close))

    @property
    def _address(self) -> str:
        """The url with the credentials in it; a file has none."""
        if file_of(self.url) is not None:
            return self.url
        return with_credentials(self.url, self.user, self.password)

    @property
    def keeps_data(self) -> bool:
        return file_of(self.url) not in (None, MEMORY)

    def measure(self, measures: Measures, place: str) -> None:
        self.database.measure(measures, place)
        most = self.max_pool_size if self.database.is_pooled else None
        measure_connections(measures, place, lambda: self.database.connections(), most)

    @property
    def _pooling(self) -> Pooling:
        return Pooling(self.min_pool_size, self.max_pool_size, self.max_wait)

    def isolate(self, isolation: Isolation) -> None:
        from processors.db._stand_in import hint_of, stand_in  # only tests need it

        own = self.runtime.share((Config, self.url), lambda: stand_in(self.url, isolation, self._pooling))
        if own is not None:
            self._prepare(database=own, reaches_outside=False)
        elif hint := hint_of(self.url):
            self._prepare(stand_in_hint=hint)

    def statements_in(self, runtime: Runtime) -> list[Sql]:
        """Return the statements that the flows of an application run on it."""
        return runtime.share(self, list)

    async def probe(self) -> Sequence[Mistake]:
        """Prepare the statements of the flows; tables made by initScript are treated as if they existed."""
        part = await self.database.begin(None)
        try:
            if self.init_script and self.database.style.undoes_tables:
                for statement in statements_in(self.init_script):
                    await part.change(self.database.style.escape(statement), ())
            statements = self.statements_in(self.runtime)
            return [mistake for sql in statements if (mistake := await self._mistake_in(sql, part))]
        finally:
            await part.rollback()

    async def _mistake_in(self, sql: Sql, part: DatabasePart) -> Mistake | None:
        style = self.database.style
        try:
            await part.prepare(sql.text(style), sql.count(style))
        except FlowError as failure:
            if DB_CONNECTIVITY in failure.type.lineage:
                raise
            found = f"a statement that the database does not understand: {failure.detailed_description}"
            return Mistake("F801", found, place=sql.place)
        return None

    async def _try_out(self) -> None:
        part = await self.database.begin(None)
        await part.rollback()

    async def is_ready(self) -> bool:
        return await self.database.is_ready()

    async def start(self) -> None:
        await self.database.start()
        if self.reconnection.fails_deployment or (self.init_script and self.reconnection.tries_again):
            await self.reconnection.reach(self._try_out, self.runtime.clock)
        if self.init_script:
            await self.database.run_script(self.init_script)

    async def stop(self) -> None:
        await self.database.close()

    async def stop_for(self, successor: Self) -> None:
        if successor.database is not self.database:
            await self.stop()
