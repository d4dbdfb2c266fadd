"""The urls of homes of state, and the home at each."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, NoReturn
from urllib.parse import quote, urlsplit

from pydantic import BeforeValidator

from engine.expressions.suggestion import did_you_mean
from engine.parameters.mistake import Mistake, refuse, shown
from engine.parameters.validated import TEXT, Kind
from engine.stores.homes.home import Home
from engine.work.runtime import Runtime

FILE, MEMORY = "sqlite:///", "memory://"
POSTGRES = ("postgresql", "postgres")
REDIS = ("redis", "rediss", "unix")
SERVERS = {**dict.fromkeys(REDIS, ("redis", "redis")), **dict.fromkeys(POSTGRES, ("asyncpg", "postgres"))}
"""The package, and the extra with it, of each scheme."""
URLS = "redis://host:6379/0, rediss://…, unix:///socket, postgresql://user:password@host/database or sqlite:///file.db"


def _url(value: Any) -> Any:
    scheme, separator, rest = str(value).partition("://")
    if not isinstance(value, str) or not separator:
        _refuse(f"{shown(scheme[:20])} as a url")
    if value.startswith(FILE) and len(value) > len(FILE):
        return str(value)
    if scheme == "sqlite":
        _refuse("a url that names no file")
    if scheme not in SERVERS:
        _refuse(f"the scheme '{scheme[:20]}'", did_you_mean(scheme, SERVERS))
    _check_place(value, rest)
    package, extra = SERVERS[scheme]
    if find_spec(package) is None:
        found = f"a url of {scheme}, but no driver for it is installed"
        refuse([Mistake("F303", found, f"the package {package}", f"pip install 'flow-engine[{extra}]'")])
    if scheme in REDIS:
        _check_options(value)
    return str(value)


def _own_url(value: Any) -> Any:
    return value if value == MEMORY else _url(value)


def _check_place(url: str, rest: str) -> None:
    """Report a url of a server without a host, or with one that cannot be; the url itself may hold a password."""
    if not url.isprintable() or " " in url:
        _refuse("a url with a space or a control character")
    try:
        parts = urlsplit(url)
        (parts.hostname or "").encode("idna")
        has_place = bool(parts.path.strip("/") if parts.scheme == "unix" else parts.hostname)
        has_place = has_place and (parts.port is None or parts.port > 0)
    except ValueError:
        has_place = False
    if not rest or not has_place:
        _refuse("a url that names no server")


def _check_options(url: str) -> None:
    from engine.stores.homes.redis_connection import reason_against

    if reason := reason_against(url):
        refuse([Mistake("F303", reason, "the url of a home of state", "rediss://host:6379/0?ssl_ca_certs=/etc/ca.pem")])


def _refuse(found: str, scheme: str = "") -> NoReturn:
    refuse([Mistake("F303", found, "the url of a home of state", f"{scheme}://…" if scheme else URLS)])


HomeUrl = Annotated[str, BeforeValidator(_url), Kind("url of a home", TEXT)]
"""The url of a home of state."""

OwnHomeUrl = Annotated[str, BeforeValidator(_own_url), Kind("url of a home", TEXT)]
"""The same, or memory://, for the memory of each process."""


def home_of(runtime: Runtime, url: str | None = None) -> Home | None:
    """Return the home at a url, else that of the application (stateUrl); None if there is neither.

    It is None for memory://, too, and in a test, which keeps to itself. The elements of an application share a home;
    a reload leaves it as it is.
    """
    wanted = url or runtime.state_url
    if not wanted or wanted == MEMORY or runtime.isolation is not None:
        return None
    if not runtime.application:
        refuse([nameless("url")])
    application = quote(runtime.application, safe=" /.-_")
    return runtime.keep((Home, application, wanted), lambda: _made(wanted, application, runtime), _close)


def _made(url: str, application: str, runtime: Runtime) -> Home:
    """Return the home at a url. Drivers are imported only if they are needed: now, before anything runs."""
    if url.startswith(FILE):
        from engine.stores.homes.file_home import FileHome

        return FileHome(Path(url.removeprefix(FILE)), application, runtime)
    if urlsplit(url).scheme in REDIS:
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
