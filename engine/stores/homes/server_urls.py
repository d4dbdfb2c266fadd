"""The urls of servers and files, checked when flows are loaded. They may hold a password: no message shows them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, NamedTuple, NoReturn
from urllib.parse import urlsplit

from engine.expressions.suggestion import did_you_mean
from engine.parameters.mistake import Mistake, refuse, shown

FILE_URL, MEMORY_URL = "sqlite:///", "memory://"
REDIS_SCHEMES = ("redis", "rediss", "unix")


class ServerUrls(NamedTuple):
    """The urls that a parameter takes: those of some servers, and sqlite:///file.

    servers: the package of each scheme, and the extra with it. expected: what the url is of; examples: such urls.
    """

    servers: Mapping[str, tuple[str, str]]
    expected: str
    examples: str

    def checked(self, value: Any) -> str:
        """Return a url. Report what is none, or cannot be used."""
        scheme, separator, rest = str(value).partition("://")
        if not isinstance(value, str) or not separator:
            self._refuse(f"{shown(scheme[:20])} as a url")
        if value.startswith(FILE_URL) and len(value) > len(FILE_URL):
            return str(value)
        if scheme == "sqlite":
            self._refuse("a url that names no file")
        if scheme not in self.servers:
            self._refuse(f"the scheme '{scheme[:20]}'", did_you_mean(scheme, self.servers))
        self._check_place(value, rest)
        self._check_driver(value, scheme)
        return str(value)

    def _check_place(self, url: str, rest: str) -> None:
        if not url.isprintable() or " " in url:
            self._refuse("a url with a space or a control character")
        try:
            parts = urlsplit(url)
            (parts.hostname or "").encode("idna")
            has_place = bool(parts.path.strip("/") if parts.scheme == "unix" else parts.hostname)
            has_place = has_place and (parts.port is None or parts.port > 0)
        except ValueError:
            has_place = False
        if not rest or not has_place:
            self._refuse("a url that names no server")

    def _check_driver(self, url: str, scheme: str) -> None:
        package, extra = self.servers[scheme]
        if find_spec(package) is None:
            found = f"a url of {scheme}, but no driver for it is installed"
            refuse([Mistake("F303", found, f"the package {package}", f"pip install 'flow-engine[{extra}]'")])
        if scheme in REDIS_SCHEMES:
            self._check_options(url)

    def _check_options(self, url: str) -> None:
        from engine.stores.homes.redis_connection import reason_against  # imports the driver

        if reason := reason_against(url):
            refuse([Mistake("F303", reason, self.expected, "rediss://host:6379/0?ssl_ca_certs=/etc/ca.pem")])

    def _refuse(self, found: str, scheme: str = "") -> NoReturn:
        refuse([Mistake("F303", found, self.expected, f"{scheme}://…" if scheme else self.examples)])
