"""Which address answers for which flows, now and after a reload."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from starlette.applications import Starlette

from engine.application import Application, ReloadError
from engine.loading.loader import Parts
from engine.serving.route import HttpSource, Route
from engine.steps.flow import Flow
from engine.values.addresses import in_url
from engine.values.request_path import PathPattern
from engine.wire.server import bind, reason_of
from engine.wire.servers import Served, Servers

Around = Callable[[Starlette], None]
"""Adds something to the ASGI application of an address, such as a recording."""


@dataclass
class Address:
    """An address at which some of the flows are served.

    is_shared: whether another process accepts connections there, too, now or later.
    """

    host: str
    port: int
    routes: list[tuple[Flow, Route]] = field(default_factory=list)
    listening: socket.socket | None = None
    is_shared: bool = False
    app: Starlette | None = None

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        port = self.listening.getsockname()[1] if self.listening else self.port
        is_secure = any(route.connections.tls for _, route in self.routes)
        return f"{'https' if is_secure else 'http'}://{in_url(self.host)}:{port}"

    def listen(self) -> None:
        """Raises OSError, whose `strerror` says why that is not possible."""
        try:
            self.listening = self.listening or bind(self.host, self.port)
        except OSError as error:
            raise OSError(error.errno, f"cannot listen at {self.url}: {reason_of(error)}") from error


@dataclass(frozen=True)
class Where:
    """At which address a route is: as the flows say, unless the command line does.

    leaves_requests: whether requests are left to other processes, so that there is no address.
    """

    host: str | None = None
    port: int | None = None
    leaves_requests: bool = False

    def of(self, route: Route) -> tuple[str, int]:
        return self.host or route.host, route.port if self.port is None else self.port

    def addresses(self, flows: Iterable[Flow]) -> list[Address]:
        """Return the addresses of the listeners, each with its flows."""
        addresses: dict[tuple[str, int], Address] = {}
        for flow in () if self.leaves_requests else flows:
            if isinstance(flow.source, HttpSource):
                route = flow.source.route()
                key = self.of(route)
                addresses.setdefault(key, Address(*key)).routes.append((flow, route))
        return list(addresses.values())

    def at(self, address: Address) -> Callable[[Mapping[str, Flow]], list[Flow]]:
        """Return the function that chooses the flows at an address, of any edition."""
        key = address.host, address.port

        def chosen(flows: Mapping[str, Flow]) -> list[Flow]:
            sources = ((flow, flow.source) for flow in flows.values())
            return [flow for flow, each in sources if isinstance(each, HttpSource) and self.of(each.route()) == key]

        return chosen


def mistake_in(flows: Mapping[str, Flow], addresses: Iterable[Address]) -> str | None:
    """Return why the flows cannot be served at these addresses."""
    if not any(flow.source for flow in flows.values()):
        return "no flow has a source, there is nothing to serve"
    if clash := next((each for address in addresses for each in _clashes(address)), None):
        return f"{clash} would answer the same requests; leave out --host and --port"
    for address in addresses:
        if len({route.connections for _, route in address.routes}) > 1:
            kinds = "tls, trustedProxies or limits of connections"
            return f"the listener-configs at {address.name} differ in {kinds}: one address has one"
    return None


def _clashes(address: Address) -> Iterator[str]:
    """Yield pairs of flows of which one would hide the other: an override joined the addresses in the files."""
    for (one, first), (other, second) in combinations(address.routes, 2):
        is_same_path = PathPattern(first.path).shape == PathPattern(second.path).shape
        if is_same_path and (first.methods == second.methods or (first.methods or set()) & (second.methods or set())):
            yield f"the flows {one.name} and {other.name}"


@dataclass
class Serving:
    """An application at its addresses. A reload may bring new addresses, change them, and take others away."""

    app: Application
    where: Where
    addresses: list[Address]
    api_docs: bool | None = None
    around: Around = lambda app: None
    servers: Servers = field(default_factory=Servers)
    others: list[Served] = field(default_factory=list)
    """What is served beside the flows, such as the management port."""
    lent: Mapping[str, socket.socket] = field(default_factory=dict)
    """Sockets that somebody else has opened for addresses of the next reload, by `host:port`."""

    def served(self) -> list[Served]:
        """Return what is served, for the servers."""
        return [*(self._served(address) for address in self.addresses), *self.others]

    def _served(self, address: Address) -> Served:
        if address.app is None:
            address.app = self.app.serving(self.where.at(address), self.api_docs, address.host)
            self.around(address.app)
        assert address.listening is not None
        largest = max(route.limits.max_body for _, route in address.routes)
        return Served(address.app, address.listening, address.routes[0][1].connections, largest, address.is_shared)

    async def prepare(self, parts: Parts) -> PreparedServing:
        """Listen at the addresses that new parts have. Raises OSError or ReloadError if that is not possible."""
        addresses = self.where.addresses(parts.flows.values())
        if mistake := mistake_in(parts.flows, addresses):
            raise ReloadError(mistake)
        known = {address.name: address for address in self.addresses}
        prepared = PreparedServing(self, parts, addresses)
        try:
            for address in addresses:
                if former := known.get(address.name):
                    address.listening, address.app = former.listening, former.app
                    address.is_shared = former.is_shared
                else:
                    prepared.opened.append(address)
                    address.listening = self.lent.get(address.name)
                    address.listen()
        except OSError:
            prepared.undo()
            raise
        return prepared


@dataclass
class PreparedServing:
    """The addresses that a reload is to serve."""

    serving: Serving
    parts: Parts
    addresses: list[Address]
    opened: list[Address] = field(default_factory=list)

    def switch(self) -> None:
        serving = self.serving
        serving.addresses = self.addresses
        if serving.servers.are_running:  # not in the process that only restarts workers
            serving.servers.change(serving.served(), self.parts.configuration.shutdown_timeout)

    def undo(self) -> None:
        for address in self.opened:
            if address.listening is not None:
                address.listening.close()

    async def switched(self) -> None:
        await self.serving.servers.renewed()

    async def settled(self) -> None:
        await self.serving.servers.closed()
