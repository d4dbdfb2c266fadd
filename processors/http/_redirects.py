"""The rules for following redirects."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.connectors import is_private_host
from engine.limits import MOST_REDIRECTS

if TYPE_CHECKING:
    from aiohttp import ClientResponse
    from yarl import URL

FOLLOWED = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Redirects:
    """How many redirects are followed, and where to.

    to_private: whether another host may have a private address; to_schemes: whether http may lead to https and back.
    """

    follow: bool = True
    most: int = MOST_REDIRECTS
    to_private: bool = False
    to_schemes: bool = False

    def apply_to(self, response: ClientResponse) -> bool:
        return self.follow and response.status in FOLLOWED and "Location" in response.headers

    def judge(self, before: URL, response: ClientResponse, count: int) -> tuple[str, URL]:
        """Return why the redirect is not followed (empty, if it is), and where it leads."""
        from processors.http._verbatim import verbatim  # not needed to load flows

        try:
            url = verbatim(response.headers["Location"], before)
        except ValueError:
            return "the upstream redirects to what is no url", before
        if count >= self.most:
            return f"the upstream redirects more than {self.most} times", url
        objection = self.objection(before, url)
        return f"the upstream redirects to {objection}" if objection else "", url

    def objection(self, before: URL, url: URL) -> str:
        """Return why a url supplied by an upstream is not requested; empty if it is."""
        if url.scheme not in ("http", "https") or not url.host:
            return "another scheme"
        if url.scheme != before.scheme and not self.to_schemes:
            return "another scheme"
        if not self.to_private and url.origin() != before.origin() and is_private_host(url.host):
            return "a private address"
        return ""


class PrivateAddress(OSError):
    """A redirect to an address that is not public."""


def only_public(address: Any) -> socket.socket:
    """Return a socket for an address that a name was resolved to. Raise PrivateAddress if it is not public.

    It checks the very address that is connected to: DNS may answer otherwise the next time. If a name has several
    addresses, the public ones are tried.
    """
    family, kind, protocol, _, where = address
    if is_private_host(where[0]):
        raise PrivateAddress("a redirect to a private address")
    return socket.socket(family, kind, protocol)
