"""Which redirects are followed."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiohttp import ClientResponse
    from yarl import URL

FOLLOWED = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Redirects:
    """How many redirects are followed, and where to.

    to_private: whether another host may have a private address; to_schemes: whether http may lead to
    https and back.
    """

    follow: bool = True
    most: int = 10
    to_private: bool = False
    to_schemes: bool = False

    def apply_to(self, response: ClientResponse) -> bool:
        return self.follow and response.status in FOLLOWED and "Location" in response.headers

    def judge(self, before: URL, response: ClientResponse, count: int) -> tuple[str, URL]:
        """Why the redirect is not followed (empty, if it is), and where it leads."""
        from yarl import URL  # aiohttp's: whoever only loads flows goes without

        try:
            url = before.join(URL(response.headers["Location"]))
            is_web = url.scheme in ("http", "https") and bool(url.host)
        except ValueError:
            return "the upstream redirects to what is no url", before
        if count >= self.most:
            return f"the upstream redirects more than {self.most} times", url
        if not is_web or (url.scheme != before.scheme and not self.to_schemes):
            return "the upstream redirects to another scheme", url
        if not self.to_private and url.origin() != before.origin() and is_private(url.host or ""):
            return "the upstream redirects to a private address", url
        return "", url.with_user(None).with_fragment(None)


class PrivateAddress(OSError):
    """A redirect to an address that is not public."""


def is_private(host: str) -> bool:
    """Whether a host is an address that is not public, or this machine by name."""
    if host.rstrip(".").lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return not mapped.is_global or mapped.is_multicast


def only_public(address: Any) -> socket.socket:
    """A socket for an address that a name was resolved to. Raises PrivateAddress.

    It is looked at after DNS, whose next answer may be another.
    """
    family, kind, protocol, _, where = address
    if is_private(where[0]):
        raise PrivateAddress("a redirect to a private address")
    return socket.socket(family, kind, protocol)
