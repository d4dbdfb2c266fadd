"""The urls of JDBC, as configurations of Java have them, and credentials beside a url."""

from __future__ import annotations

import os
import re
from urllib.parse import parse_qsl, quote, urlencode

PREFIX = "jdbc:"
SCHEMES = {"mysql": "mysql+asyncmy", "mariadb": "mariadb+asyncmy", "postgresql": "postgresql"}
SHARED_OPTIONS = ("sslmode",)
"""Options that mean the same to a driver here."""
ORACLE = re.compile(r"oracle:thin:@(?://)?(?P<host>[^:/@]+)(?::(?P<port>[0-9]+))?(?P<kind>[:/])(?P<name>[^?]+)")
SQL_SERVER = re.compile(
    r"sqlserver://(?P<host>[^;:/\\]+)(?:\\[^;:]*)?(?::(?P<port>[0-9]+))?(?P<options>;.*)?", re.DOTALL
)
EMBEDDED = re.compile(r"(?:h2|hsqldb|derby):(?:(?P<memory>mem(?:ory)?:)|file:|nio:|async:|directory:)?(?P<file>[^;]*)")
"""Databases of Java in the process itself, whose place SQLite takes."""
ODBC = urlencode({"driver": "ODBC Driver 18 for SQL Server"})


def url_of_jdbc(jdbc: str) -> str | None:
    """Return the url here for one of JDBC; None for a database that has no driver here."""
    rest = jdbc.removeprefix(PREFIX)
    if rest.startswith("sqlite:"):
        return f"sqlite:///{rest.removeprefix('sqlite:')}"
    if (match := EMBEDDED.match(rest)) and not match["file"].startswith(
        ("tcp:", "ssl:", "hsql:", "http", "//", "zip:")
    ):
        return "sqlite://" if match["memory"] or not match["file"] else f"sqlite:///{_home(match['file'])}.db"
    if match := SQL_SERVER.fullmatch(rest):
        return _of_sql_server(match)
    if match := ORACLE.match(rest):
        name = match["name"] if match["kind"] == ":" else f"?service_name={match['name']}"
        return f"oracle+oracledb://{match['host']}{_port(match)}/{name}"
    scheme, separator, place = rest.partition("://")
    if scheme not in SCHEMES or not separator:
        return None
    address, _, query = place.partition("?")
    options = dict(parse_qsl(query))
    kept = urlencode({name: options[name] for name in SHARED_OPTIONS if name in options and scheme == "postgresql"})
    url = f"{SCHEMES[scheme]}://{address}" + (f"?{kept}" if kept else "")
    return with_credentials(url, options.get("user"), options.get("password"))


def _home(file: str) -> str:
    return os.path.expanduser(file) if file.startswith("~/") else file


def _of_sql_server(match: re.Match[str]) -> str:
    pairs = (option.partition("=") for option in (match["options"] or "").split(";") if option.strip())
    options = {name.strip().lower(): value for name, _, value in pairs}
    database = options.get("databasename", options.get("database", ""))
    url = f"mssql+aioodbc://{match['host']}{_port(match)}/{database}?{ODBC}"
    return with_credentials(url, options.get("user", options.get("username")), options.get("password"))


def _port(match: re.Match[str]) -> str:
    return f":{match['port']}" if match["port"] else ""


def with_credentials(url: str, user: str | None, password: str | None) -> str:
    """Return the url with a user and a password in it, whatever characters they have."""
    if user is None:
        return url
    scheme, _, rest = url.partition("://")
    told = quote(user, safe="") + ("" if password is None else f":{quote(password, safe='')}")
    return f"{scheme}://{told}@{rest}"
