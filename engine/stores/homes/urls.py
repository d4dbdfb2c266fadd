"""The urls of homes of state, and the home at each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from pydantic import BeforeValidator

from engine.parameters.mistake import Mistake, refuse
from engine.parameters.validated import TEXT, Kind
from engine.stores.homes.home import Home
from engine.stores.homes.server_urls import FILE_URL, MEMORY_URL, REDIS_SCHEMES, ServerUrls
from engine.work.runtime import Runtime

POSTGRES = ("postgresql", "postgres")
SERVERS = {**dict.fromkeys(REDIS_SCHEMES, ("redis", "redis")), **dict.fromkeys(POSTGRES, ("asyncpg", "postgres"))}
"""The package, and the extra with it, of each scheme."""
URLS = "redis://host:6379/0, rediss://…, unix:///socket, postgresql://user:password@host/database or sqlite:///file.db"
HOMES = ServerUrls(SERVERS, "the url of a home of state", URLS)


def _own_url(value: Any) -> Any:
    return value if value == MEMORY_URL else HOMES.checked(value)


HomeUrl = Annotated[str, BeforeValidator(HOMES.checked), Kind("url of a home", TEXT)]
"""The url of a home of state."""

OwnHomeUrl = Annotated[str, BeforeValidator(_own_url), Kind("url of a home", TEXT)]
"""The same, or memory://, for the memory of each process."""


def home_of(runtime: Runtime, url: str | None = None) -> Home | None:
    """Return the home at a url, else that of the application (stateUrl); None if there is neither.

    It is None for memory://, too, and in a test, which keeps to itself. The elements of an application share a home;
    a reload leaves it as it is.
    """
    wanted = url or runtime.state_url
    if not wanted or wanted == MEMORY_URL or runtime.isolation is not None:
        return None
    if not runtime.application:
        refuse([nameless("url")])
    application = quote(runtime.application, safe=" /.-_")
    return runtime.keep((Home, application, wanted), lambda: _made(wanted, application, runtime), _close)


def _made(url: str, application: str, runtime: Runtime) -> Home:
    """Return the home at a url. Drivers are imported only if they are needed: now, before anything runs."""
    if url.startswith(FILE_URL):
        from engine.stores.homes.file_home import FileHome

        return FileHome(Path(url.removeprefix(FILE_URL)), application, runtime)
    if urlsplit(url).scheme in REDIS_SCHEMES:
        from engine.stores.homes.redis_home import RedisHome

        return RedisHome(url, application)
    from engine.stores.homes.postgres_home import PostgresHome

    return PostgresHome(url, application)


def nameless(parameter: str) -> Mistake:
    """Return the mistake of a home for an application whose name may be another's, too."""
    found = f"{parameter} in an application without a name"
    return Mistake("F304", found, "a name that no other application there has", "configuration: {name: orders, …}")


async def _close(home: Home) -> None:
    await home.close()
