"""A proxy between us and the upstream."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any

from engine import Field, Parameters
from engine.connectors import CommaList
from processors.http._authentication import basic

if TYPE_CHECKING:
    from multidict import CIMultiDict
    from yarl import URL


class Proxy(Parameters):
    """An HTTP proxy; https goes through it as a tunnel (CONNECT)."""

    host: str
    """Its host."""

    port: Annotated[int, Field(ge=1, le=65535)]
    """Its port."""

    username: str | None = None
    """The user name for it."""

    password: str | None = None
    """The password for it."""

    non_proxy_hosts: CommaList[str] = ()
    """Hosts that are reached without the proxy, as a comma list or a list; `*` stands for anything."""

    def arguments(self, url: URL, headers: CIMultiDict[str]) -> dict[str, Any]:
        """Return how aiohttp reaches a url; a plain http request carries the credentials for the proxy itself."""
        if any(fnmatchcase((url.host or "").lower(), pattern.lower()) for pattern in self.non_proxy_hosts):
            return {}
        own = self._credentials()
        if url.scheme == "http":
            headers.update(own)
        return {"proxy": f"http://{self.host}:{self.port}", "proxy_headers": own}

    def _credentials(self) -> dict[str, str]:
        if self.username is None:
            return {}
        return {"Proxy-Authorization": basic(self.username, self.password or "")}
