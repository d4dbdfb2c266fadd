"""`engine serve`: from loaded flows to a server that answers, and the lines that it prints."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import click
import uvicorn
from starlette.applications import Starlette

from engine import __version__
from engine.application import Application
from engine.edition import StartError
from engine.loading.config.effective import unseen_by_tests
from engine.operation.addresses import Address, Serving, Where, mistake_in
from engine.operation.reload import Reload
from engine.serving.route import HttpSource
from engine.tools.served.passed import Passed, assigned, handed_on, passed
from engine.tools.served.service_manager import STOPPING, ServiceManager, beat
from engine.tools.served.terminal import has_terminal

if TYPE_CHECKING:
    from engine.operation.watchdog import Watchdog
    from engine.testing.recordings.recording import Recorder
    from engine.tools.served.channel import Channel
    from engine.tools.served.handover import Successor
    from engine.tools.served.managing import ManagementPort
    from engine.tools.served.workers import WorkerReload

log = logging.getLogger("engine")

Hide = Callable[[frozenset[str]], None]
"""Has the log show none of these secrets."""


@dataclass
class Told:
    """What the command line says of a server.

    api_docs: whether each address describes its API. workers: how many processes share the sockets. recorder: writes
    the requests to files. successor: takes the sockets from another process, and hands them on. manager: the service
    manager that has started the server.
    """

    where: Where
    api_docs: bool | None = None
    workers: int = 1
    recorder: Recorder | None = None
    successor: Successor | None = None
    management: ManagementPort | None = None
    hide: Hide = lambda secrets: None
    manager: ServiceManager = field(default_factory=ServiceManager.of_this_process)


def serve_application(app: Application, told: Told) -> int:
    """Serve until a signal comes; return the exit code."""
    addresses = told.where.addresses(app.flows.values())
    mistake = _idle(app) if told.where.leaves_requests else mistake_in(app.flows, addresses)
    if not mistake:
        _take_over(addresses, told.successor)
    if mistake := mistake or _listen(addresses):
        click.echo(f"engine: {app.parts.runtime.secrets.hide(mistake)}", err=True)
        return 1
    serving = Serving(app, told.where, addresses, told.api_docs, _recording(told.recorder, app))
    if told.workers == 1:
        return run(serving, told, lambda: announce(serving, told))
    from engine.tools.served.workers import Workers

    work = partial(run, serving, replace(told, manager=ServiceManager()))  # their parent talks to it, for all
    workers = Workers(told.workers, serving, told.hide, work, told.manager)
    return workers.run(lambda: announce(serving, told))


def _idle(app: Application) -> str | None:
    """Return why there is nothing to work on, if requests are left to others."""
    works = any(flow.source and not isinstance(flow.source, HttpSource) for flow in app.flows.values())
    is_idle = not works and not app.parts.runtime.batch_jobs
    return "no batch job, and no source but of HTTP: there is nothing to work on" if is_idle else None


def run(serving: Serving, told: Told, ready: Callable[[], None], channel: Channel | None = None) -> int:
    """Serve in this process; return the exit code.

    channel: to the process that restarts this one, if it is a worker.
    """
    with asyncio.Runner(loop_factory=uvicorn.Config("", log_config=None).get_loop_factory()) as runner:
        return runner.run(_serve(serving, told, ready, channel))


def announce(serving: Serving, told: Told) -> None:
    """Say that requests are answered."""
    hide = serving.app.parts.runtime.secrets.hide
    leaves_requests = told.where.leaves_requests
    text = hide(announcement(serving.app, serving.addresses, told.management, leaves_requests=leaves_requests))
    told.manager.ready(text.rpartition("\n")[2].removesuffix("; Ctrl-C ends it"))
    if told.successor is None:
        click.echo(text)
        return
    listening = {address.name: address.listening for address in serving.addresses if address.listening}
    told.successor.give(listening, text)
    if told.workers == 1:
        told.successor.end_with_other()


def _take_over(addresses: list[Address], successor: Successor | None) -> None:
    """Take the sockets of the process before, and those of a service manager; close those that nobody needs."""
    taken = successor.take() if successor else {}
    for address in addresses:
        address.listening, address.is_shared = taken.pop(address.name, None), successor is not None
    _use(addresses, [*passed(), *handed_on(taken)])
    for listening in taken.values():
        listening.close()


def _use(addresses: list[Address], given: list[Passed]) -> None:
    """Listen at the sockets of a service manager, as far as they fit; it keeps them open when the server ends."""
    waiting = [address for address in addresses if address.listening is None]
    found = assigned([(address.host, address.port) for address in waiting], given)
    for number, each in found.items():
        waiting[number].listening, waiting[number].is_shared = each.listening, True
    names = {address.listening.getsockname() for address in addresses if address.listening}
    for each in [each for each in given if each not in found.values()]:
        if each.listening is None or each.listening.getsockname() not in names:
            log.warning("the service manager passes the socket %s; no flow is served at it", each.told)
        if each.listening:
            each.listening.close()


def _listen(addresses: list[Address]) -> str | None:
    """Listen at each address; return why that is not possible."""
    try:
        for address in addresses:
            address.listen()
    except OSError as error:
        return error.strerror
    return None


def _recording(recorder: Recorder | None, app: Application) -> Callable[[Starlette], None]:
    if recorder is not None:
        recorder.unseen = unseen_by_tests(app.parts.properties())

    def around(served: Starlette) -> None:
        if recorder is not None:
            served.add_middleware(recorder.around)

    return around


async def _serve(serving: Serving, told: Told, ready: Callable[[], None], channel: Channel | None) -> int:
    app = serving.app
    try:
        await app.listen()
    except StartError as error:
        click.echo(f"engine: {app.parts.runtime.secrets.hide(str(error))}", err=True)
        return 1

    async def stop_sources() -> None:
        told.manager.stopping(STOPPING)
        await app.stop_sources()

    watching = Watching(app)
    reloading = _be_reloaded(serving, told, channel, watching)
    seconds_left: float | None = None
    seconds = app.parts.configuration.shutdown_timeout
    port = told.management
    beat(told.manager.watchdog, told.manager.alive)
    try:
        async with watching, port.serving(app, reloading.reload) if port else nullcontext() as managed:
            serving.others = [managed] if managed else []
            seconds_left = await serving.servers.serve(serving.served(), seconds, ready, stop_sources)
    finally:
        await app.stop(seconds_left)
    return 0


class Watching:
    """Tells what stalls in the application meanwhile, as soon as its events are measured."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._watchdog: Watchdog | None = None

    def begin(self) -> None:
        """Watch from now on, if events are measured, as they may be only since a reload."""
        if self._watchdog is None and self._app.measures.is_on:
            from engine.operation.watchdog import Watchdog

            self._watchdog = Watchdog(self._app)
            self._watchdog.start()

    async def __aenter__(self) -> None:
        self.begin()

    async def __aexit__(self, *_: object) -> None:
        if self._watchdog is not None:
            await self._watchdog.stop()


def _be_reloaded(serving: Serving, told: Told, channel: Channel | None, watching: Watching) -> Reload | WorkerReload:
    """Reload when a signal, or the parent of the workers, says so; return what others ask for a reload."""
    if channel is None:
        own = Reload(serving.app, serving.prepare, told.hide, watching.begin, around=told.manager.during_reload)
        _reload_on_signal(own)
        return own
    from engine.tools.served.workers import WorkerReload

    name = f"reload of worker {serving.app.parts.runtime.worker}"
    own = Reload(serving.app, serving.prepare, told.hide, watching.begin, name)
    worker = WorkerReload(own, serving, channel)
    worker.listen()
    return worker


def _reload_on_signal(reloading: Reload) -> None:
    """Reload at SIGHUP; but if it came because the terminal was closed, end."""
    if not hasattr(signal, "SIGHUP"):  # Windows
        return
    loop, running, had_terminal = asyncio.get_running_loop(), set[asyncio.Task[object]](), has_terminal()

    def hung_up() -> None:
        if had_terminal and not has_terminal():
            os.kill(os.getpid(), signal.SIGTERM)
            return
        task: asyncio.Task[object] = loop.create_task(reloading.reload())
        running.add(task)
        task.add_done_callback(running.discard)

    loop.add_signal_handler(signal.SIGHUP, hung_up)


def announcement(
    app: Application,
    addresses: list[Address],
    management: ManagementPort | None = None,
    *,
    leaves_requests: bool = False,
) -> str:
    """Return the lines printed at the start: each route, other sources of flows, batch jobs, the addresses."""
    lines = []
    for address in addresses:
        for flow, route in address.routes:
            methods = ",".join(sorted(route.methods)) if route.methods else "*"
            lines.append(f"{methods:7} {address.url}{route.path} -> {flow.name}")
    for flow in app.flows.values():
        if flow.source and not isinstance(flow.source, HttpSource):
            lines.append(f"{flow.source.starts_at()} -> {flow.name}")
    lines += [f"batch job {name}" for name in app.parts.runtime.batch_jobs]
    if management is not None:
        lines.append(f"{management.url} -> health, metrics and commands for operators")
    where = f" at {', '.join(address.url for address in addresses)}" if addresses else ""
    does = "works" if leaves_requests else "serves"
    return "\n".join([*lines, f"engine {__version__} {does}{where}; Ctrl-C ends it"])
