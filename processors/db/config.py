from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator

from engine import Config as BaseConfig
from engine import Mistake, refuse
from processors.db._sqlite import SqliteDatabase, file_of


def _url(value: Any) -> Any:
    if not isinstance(value, str) or file_of(value) is None:
        scheme = str(value).partition(":")[0][:20]
        refuse(
            [
                Mistake(
                    "F303",
                    f"the scheme '{scheme}'",
                    "a database",
                    "sqlite:///file.db, sqlite:////absolute/file.db or sqlite://",
                )
            ]
        )
    return str(value)


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
    start; `sqlite:////var/customers.db` is absolute; `sqlite://` lies in memory. Each statement is
    committed on its own. A database that cannot be reached stops the start only where an
    initScript must run; else the first use raises DB:CONNECTIVITY.

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

    database: ClassVar[SqliteDatabase]

    def __post_init__(self) -> None:
        self._prepare(database=SqliteDatabase(file_of(self.url) or ""))

    async def start(self) -> None:
        if self.init_script:
            await self.database.run_script(self.init_script)

    async def stop(self) -> None:
        self.database.close()
