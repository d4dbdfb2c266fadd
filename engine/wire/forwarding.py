"""Finds the real caller if a proxy forwards requests.

X-Forwarded-For and X-Forwarded-Proto are believed only from proxies that the operator names: anyone can send them.
`Forwarded` (RFC 7239) is not read: few proxies set it, and one that sets the others passes a forged one on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from engine.parameters.networks import Network, read_address
from engine.values.addresses import Address

FOR, PROTO = b"x-forwarded-for", b"x-forwarded-proto"
WITH_PORT = re.compile(r"\[([^]]+)\](?::([0-9]{1,5}))?|([^:]+):([0-9]{1,5})")
SCHEMES = frozenset({b"http", b"https"})


class Forwarding:
    """An ASGI application that finds the caller of requests that trusted proxies forward."""

    def __init__(self, app: ASGIApp, proxies: Iterable[Network]) -> None:
        self._app = app
        self._proxies = tuple(proxies)
        self._trusts = lru_cache(maxsize=1024)(self._is_trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        peer = read_address(client[0]) if client else None
        if peer is not None and self._trusts(peer):
            self._tell(scope)
        await self._app(scope, receive, send)

    def _tell(self, scope: Scope) -> None:
        headers: Sequence[tuple[bytes, bytes]] = scope["headers"]
        caller = self._caller(value for name, value in reversed(headers) if name == FOR)
        if caller is not None:
            scope["client"] = caller
        scheme = next((value for name, value in reversed(headers) if name == PROTO), b"").rpartition(b",")[2]
        if scheme.strip().lower() in SCHEMES:
            scope["scheme"] = scheme.strip().lower().decode()

    def _caller(self, lines: Iterable[bytes]) -> tuple[str, int] | None:
        """Return the last address that is not a trusted proxy's, or else the first: each proxy appends its caller.

        Anything that is not an address ends the search: entries before it are hearsay.
        """
        caller = None
        for entry in _from_the_end(lines):
            found = _read(entry)
            if found is None:
                break
            address, port = found
            caller = str(address), port
            if not self._trusts(address):
                break
        return caller

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._proxies)


def _from_the_end(lines: Iterable[bytes]) -> Iterator[str]:
    for line in lines:
        for entry in reversed(line.decode("latin-1").split(",")):
            yield entry.strip()


def _read(entry: str) -> tuple[Address, int] | None:
    """Return address and port (0 if missing) of `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`."""
    address, port = read_address(entry), "0"
    if address is None and (parts := WITH_PORT.fullmatch(entry)):
        address, port = read_address(parts[1] or parts[3]), parts[2] or parts[4] or "0"
    return (address, int(port)) if address else None
