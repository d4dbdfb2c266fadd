"""`engine serve`: which address answers for which flows, and the printed lines."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

import click
import uvicorn
from starlette.applications import Starlette

from engine import __version__
from engine.application import Application, StartError
from engine.openapi.pages import is_described
from engine.serving.route import HttpSource, Route
from engine.steps.flow import Flow
from engine.values.request_path import PathPattern
from engine.values.secrets import Secrets
from engine.wire.server import Served, bind, serve

if TYPE_CHECKING:
    from engine.testing.recordings.recording import Recorder
    from engine.tools.served.handover import Successor
    from engine.tools.served.managing import ManagementPort


@dataclass
class Address:
    """An address at which some of the flows are served."""

    host: str
    port: int
    routes: list[tuple[Flow, Route]] = field(default_factory=list)
    listening: socket.socket | None = None

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = self.listening.getsockname()[1] if self.listening else self.port
        is_secure = any(route.connections.tls for _, route in self.routes)
        return f"{'https' if is_secure else 'http'}://{host}:{port}"


def serve_application(
    app: Application, host: str | None, port: int | None, api_docs: bool | None = None, workers: int = 1,
    recorder: Recorder | None = None, successor: Successor | None = None, management: ManagementPort | None = None,
) -> int:  # fmt: skip
    """Serve until a signal comes; return the exit code.

    api_docs: whether each address describes its API. workers: how many processes share the sockets. recorder: writes
    the requests to files. successor: takes the sockets from another process, and hands them on. management: the port
    for operators.
    """
    addresses = addresses_of(app, host, port)
    mistake = _mistake(app, addresses)
    if successor is not None and not mistake:
        _take_over(addresses, successor)
    if mistake := mistake or _bind(addresses):
        click.echo(f"engine: {mistake}", err=True)
        return 1

    def work(number: int, ready: Callable[[], None]) -> int:
        app.parts.runtime.worker = number
        with asyncio.Runner(loop_factory=uvicorn.Config("", log_config=None).get_loop_factory()) as runner:
            return runner.run(_serve(app, addresses, api_docs, ready, recorder, management, successor is not None))

    def ready() -> None:
        text = announcement(app, addresses, management)
        if successor is None:
            click.echo(text)
            return
        successor.give({address.name: address.listening for address in addresses if address.listening}, text)
        if workers == 1:
            successor.end_with_other()

    if workers == 1:
        return work(0, ready)
    from engine.tools.served.workers import Workers

    try:
        return Workers(workers, work).run(ready)
    finally:
        for address in addresses:
            if address.listening:
                address.listening.close()


def _mistake(app: Application, addresses: list[Address]) -> str | None:
    """Return why the flows cannot be served at these addresses."""
    if not any(flow.source for flow in app.flows.values()):
        return "no flow has a source, there is nothing to serve"
    if clash := next((each for address in addresses for each in _clashes(address)), None):
        return f"{clash} would answer the same requests; leave out --host and --port"
    for address in addresses:
        if len({route.connections for _, route in address.routes}) > 1:
            kinds = "tls, trustedProxies or limits of connections"
            return f"the listener-configs at {address.host}:{address.port} differ in {kinds}: one address has one"
    return None


def _take_over(addresses: list[Address], successor: Successor) -> None:
    """Take the sockets at which another process listens; those that nobody needs any more are closed."""
    taken = successor.take()
    for address in addresses:
        address.listening = taken.pop(address.name, None)
    for listening in taken.values():
        listening.close()


def _bind(addresses: list[Address]) -> str | None:
    """Listen at each address; return why that is not possible."""
    for address in addresses:
        if address.listening is not None:
            continue
        try:
            address.listening = bind(address.host, address.port)
        except OSError as error:
            reason = (error.strerror or str(error)).partition(" (while ")[0]
            return f"cannot listen at {address.url}: {reason}"
    return None


def addresses_of(app: Application, host: str | None, port: int | None) -> list[Address]:
    """Return the addresses of the listeners, each with its flows; host and port of the command line win."""
    addresses: dict[tuple[str, int], Address] = {}
    for flow in app.flows.values():
        if isinstance(flow.source, HttpSource):
            route = flow.source.route()
            key = host or route.host, route.port if port is None else port
            addresses.setdefault(key, Address(*key)).routes.append((flow, route))
    return list(addresses.values())


def _clashes(address: Address) -> Iterator[str]:
    """Yield pairs of flows of which one would hide the other: an override joined the addresses in the files."""
    for (one, first), (other, second) in combinations(address.routes, 2):
        is_same_path = PathPattern(first.path).shape == PathPattern(second.path).shape
        if is_same_path and (first.methods == second.methods or (first.methods or set()) & (second.methods or set())):
            yield f"the flows {one.name} and {other.name}"


async def _serve(
    app: Application, addresses: list[Address], api_docs: bool | None, ready: Callable[[], None],
    recorder: Recorder | None, management: ManagementPort | None, is_shared: bool,
) -> int:  # fmt: skip
    try:
        await app.listen()
    except StartError as error:
        click.echo(f"engine: {Secrets(app.parts.secrets).hide(str(error))}", err=True)
        return 1
    apps = [
        Served(
            _app(app, address, api_docs, recorder),
            address.listening,
            address.routes[0][1].connections,
            max(route.limits.max_body for _, route in address.routes),
            is_shared,
        )
        for address in addresses
        if address.listening
    ]
    seconds_left: float | None = None
    seconds = app.parts.configuration.shutdown_timeout
    try:
        async with _watched(app), management.serving(app) if management else nullcontext() as served:
            apps += [served] if served else []
            seconds_left = await serve(apps, seconds, ready, app.stop_sources)
    finally:
        await app.stop(seconds_left)
    return 0


@asynccontextmanager
async def _watched(app: Application) -> AsyncIterator[None]:
    """Tell what stalls in the application meanwhile, if its events are measured."""
    if not app.measures.is_on:
        yield
        return
    from engine.operation.watchdog import Watchdog

    watchdog = Watchdog(app)
    watchdog.start()
    try:
        yield
    finally:
        await watchdog.stop()


def _app(app: Application, address: Address, api_docs: bool | None, recorder: Recorder | None) -> Starlette:
    flows = [flow for flow, _ in address.routes]
    served = app.asgi(flows, api_docs=is_described(flows, address.host) if api_docs is None else api_docs)
    if recorder is not None:
        recorder.secrets, recorder.redact = app.parts.secrets, app.parts.configuration.logging.redact
        served.add_middleware(recorder.around)
    return served


def announcement(app: Application, addresses: list[Address], management: ManagementPort | None = None) -> str:
    """Return the lines printed when requests are answered: each route, other sources of flows, the addresses."""
    lines = []
    for address in addresses:
        for flow, route in address.routes:
            methods = ",".join(sorted(route.methods)) if route.methods else "*"
            lines.append(f"{methods:7} {address.url}{route.path} -> {flow.name}")
    for flow in app.flows.values():
        if flow.source and not isinstance(flow.source, HttpSource):
            lines.append(f"{flow.source.starts_at()} -> {flow.name}")
    if management is not None:
        lines.append(f"{management.url} -> health, metrics and commands for operators")
    where = f" at {', '.join(address.url for address in addresses)}" if addresses else ""
    return "\n".join([*lines, f"engine {__version__} serves{where}; Ctrl-C ends it"])
