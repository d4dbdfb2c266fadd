from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator

from engine import Config as BaseConfig
from engine import Mistake, refuse
from processors.db._database import Database
from processors.db._sqlite import SqliteDatabase
from processors.db._sqlite_file import file_of


def _url(value: Any) -> Any:
    if not isinstance(value, str) or backend_of(value) is None:
        scheme = str(value).partition(":")[0][:20]
        write = "sqlite:///file.db, sqlite:////absolute/file.db or sqlite://"
        refuse([Mistake("F303", f"the scheme '{scheme}'", "a database", write)])
    return str(value)


def backend_of(url: str) -> Callable[[str], Database] | None:
    """What makes the database of a url, chosen by its scheme; None for one that nobody knows."""
    return SqliteDatabase if file_of(url) is not None else None


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

    database: ClassVar[Database]

    def __post_init__(self) -> None:
        backend = backend_of(self.url)
        assert backend is not None  # the url was validated
        self._prepare(database=backend(self.url))

    async def is_ready(self) -> bool:
        return await self.database.is_ready()

    async def start(self) -> None:
        if self.init_script:
            await self.database.run_script(self.init_script)

    async def stop(self) -> None:
        await self.database.close()
