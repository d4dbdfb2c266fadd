"""Where the jobs of an application live: the database of a db:config, or a file in the data folder."""

from __future__ import annotations

from typing import Any

from engine import ConfigRef, Mistake, Runtime, refuse
from engine.connectors import DIALECTS, JobHome, dialect_of
from processors.db._database import Database
from processors.db._sqlite import SqliteDatabase
from processors.db.config import Config, scheme_of

FILE = "jobs.db"
IN_MEMORY = "sqlite://"
DATABASES = "SQLite, PostgreSQL, MySQL or MariaDB"


def fits(config: Any) -> Any:
    """Refuse a database that jobs cannot live in."""
    if isinstance(config, Config) and dialect_of(config.url) is None:
        refuse([Mistake("F303", f"a database of the scheme '{scheme_of(config.url)}'", DATABASES)])
    return config


OptionalConfig = ConfigRef[Config | None]


async def _close(database: Database) -> None:
    await database.close()


def own_database(runtime: Runtime) -> Database:
    """Return the file of jobs in the data folder; in a test a database in memory."""
    if runtime.isolation is not None:
        url = IN_MEMORY
    else:
        file = (runtime.data_dir / FILE).absolute()
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        url = f"sqlite:///{file}"
    return runtime.keep((SqliteDatabase, url), lambda: SqliteDatabase(url), _close)


def home_of(config: Config | None, runtime: Runtime) -> JobHome:
    """Return the home in the database of a config, or in the file."""
    database = own_database(runtime) if config is None else config.database
    dialect = DIALECTS["sqlite"] if config is None else dialect_of(config.url)
    assert dialect is not None  # others are refused
    application = runtime.application or runtime.data_dir.name
    return runtime.share((JobHome, id(database)), lambda: JobHome(database, dialect, application))
