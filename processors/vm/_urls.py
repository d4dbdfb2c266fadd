"""The urls of queues."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, Any, NoReturn
from urllib.parse import urlsplit

from pydantic import BeforeValidator

from engine import Kind, Mistake, refuse, shown
from engine.connectors import TEXT, did_you_mean

FILE, MEMORY = "sqlite:///", "memory://"
REDIS = ("redis", "rediss", "unix")
RABBITMQ = ("amqp", "amqps")
SERVERS = {**dict.fromkeys(REDIS, ("redis", "redis")), **dict.fromkeys(RABBITMQ, ("aio_pika", "rabbitmq"))}
"""The package, and the extra with it, of each scheme."""
EXPECTED = "the url of a server, a file or the memory for queues"
URLS = "redis://host:6379/0, rediss://…, unix:///socket, amqp://host:5672/, amqps://…, sqlite:///file.db or memory://"


def _url(value: Any) -> Any:
    text = str(value)
    scheme, separator, rest = text.partition("://")
    if not isinstance(value, str) or not separator:
        _refuse(f"{shown(scheme[:20])} as a url")
    if text == MEMORY or (scheme == "sqlite" and text.startswith(FILE) and len(text) > len(FILE)):
        return text
    if scheme == "sqlite":
        _refuse("a url that names no file")
    if scheme not in SERVERS:
        _refuse(f"the scheme '{scheme[:20]}'", did_you_mean(scheme, SERVERS))
    if not rest or not _names_a_server(text):
        _refuse("a url that names no server")
    _check_driver(text, *SERVERS[scheme])
    return text


def _check_driver(url: str, package: str, extra: str) -> None:
    if find_spec(package) is None:
        found = f"a url of {urlsplit(url).scheme}, but no driver for it is installed"
        refuse([Mistake("F303", found, f"the package {package}", f"pip install 'flow-engine[{extra}]'")])
    if package == "redis" and (reason := _reason_against(url)):
        refuse([Mistake("F303", reason, EXPECTED, "rediss://host:6379/0?ssl_ca_certs=/etc/ca.pem")])


def _reason_against(url: str) -> str:
    from engine.connectors import reason_against  # imports the driver

    return reason_against(url)


def _names_a_server(url: str) -> bool:
    try:
        parts = urlsplit(url)
        place = parts.path.strip("/") if parts.scheme == "unix" else parts.hostname
        return bool(place) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _refuse(found: str, scheme: str = "") -> NoReturn:
    """Report a url without showing it: it may hold a password."""
    refuse([Mistake("F303", found, EXPECTED, f"{scheme}://…" if scheme else URLS)])


QueueUrl = Annotated[str, BeforeValidator(_url), Kind("url of queues", TEXT)]
"""The url of queues."""
