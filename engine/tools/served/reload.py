"""`engine serve --reload`, `engine test --watch`: a process of its own, restarted when a file changes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any

import click
from watchfiles import Change, DefaultFilter, watch

from engine.tools.commands import Given
from engine.tools.served.handover import LOADED, VARIABLE, Message, Sockets, receive, send
from engine.tools.served.passed import passed, to_hand_on
from engine.tools.served.service_manager import STOPPING, ServiceManager, beat_of_process

WATCHED = frozenset({".yaml", ".yml", ".json", ".sql", ".py", ".properties", ".html", ".txt", ".pem", ".toml"})
"""The files that can change an application; not the database, which may be in the same folder."""

MOST_FOLDERS = 500
DEEPEST = 3
"""How many folders in a folder are watched, and how deep they are."""

FORMER = "what was served before still is"

DEBOUNCE, LOOK = 400, 60
"""Milliseconds in which changes count as one, and after which it is checked whether all is over."""

IDLE = 0.5
"""Seconds after which a server that ends has no idle connections any more."""

PATIENCE = 10.0
"""Seconds that a process has for its end before it is killed."""


class Server:
    """A server process: it loads its flows immediately, and serves when it is told to."""

    def __init__(self, command: Sequence[str]) -> None:
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # the command that the user gave
                command,
                env=os.environ | {VARIABLE: str(theirs.fileno())},
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C of the terminal is for the process that watches
            )

    def has_loaded(self) -> bool:
        """Wait until the flows are loaded; return whether they could be. If not, the process has said why."""
        with suppress(OSError):
            return self._channel.recv(len(LOADED)) == LOADED
        return False

    def serve(self, sockets: Sockets) -> Message | None:
        """Make it take these sockets; return all those at which it listens when it answers, None if it does not."""
        with suppress(OSError):
            send(self._channel, Message(sockets))
            return receive(self._channel)
        return None

    def ask_to_end(self) -> None:
        with suppress(ProcessLookupError):
            self._process.terminate()

    def has_ended(self, seconds: float = 0.0) -> bool:
        """Return whether it has ended, or does within the seconds."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode is not None

    def end(self) -> int:
        """Wait for its end; return the exit code."""
        self._channel.close()
        try:
            return self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


class Reloading:
    """Serves the files, and after each change the new ones; if they have mistakes, the ones before."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._manager = ServiceManager.of_this_process()
        self._passed = to_hand_on(passed())  # they stay open, also those that the flows of today do not need
        self._serving: Server | None = None
        self._ending: list[Server] = []
        self._sockets: Sockets = {}
        self.is_over = Event()

    def begin(self) -> None:
        """Start a server of the files as they are, instead of the one that serves."""
        self._reap()
        if self._serving:
            self._manager.reloading()
        fresh = Server(self._command)
        self._ending.append(fresh)  # until it serves, so that the end of all ends it too
        message = fresh.serve(self._passed_sockets | self._sockets) if fresh.has_loaded() else None
        if message is None:
            self._tell_of_former()
            return
        self._ending.remove(fresh)
        former, self._serving = self._serving, fresh
        self._keep(message.sockets)
        self._manager.ready("serves what was saved last")
        if former is not None:
            self._end(former)
        else:
            beat_of_process(self._manager.watchdog, self._manager.alive)
        click.echo(message.text)

    @property
    def _passed_sockets(self) -> Sockets:
        return {name: each.fileno() for name, each in self._passed.items()}

    def _end(self, former: Server) -> None:
        former.ask_to_end()
        self._ending.append(former)
        former.has_ended(IDLE)

    def _keep(self, sockets: Sockets) -> None:
        for number in self._sockets.values():
            os.close(number)
        self._sockets = sockets

    def _tell_of_former(self) -> None:
        if not self.is_over.is_set() and self._serving is not None and not self._serving.has_ended():
            self._manager.ready(FORMER)
            click.echo(f"engine: {FORMER}", err=True)

    def _reap(self) -> None:
        """Forget the servers that have ended."""
        for server in [server for server in self._ending if server.has_ended()]:
            server.end()
            self._ending.remove(server)

    def stop(self, *_: Any) -> None:
        """Handle a signal: the server ends, at a second signal immediately."""
        self.is_over.set()
        self._manager.stopping(STOPPING)
        for server in self._servers():
            server.ask_to_end()

    def _servers(self) -> list[Server]:
        return [*self._ending, *([self._serving] if self._serving else [])]

    def end(self) -> int:
        """Wait for the end of all servers; return the exit code of the last."""
        codes = [server.end() for server in self._servers()]
        self._keep({})
        for each in self._passed.values():
            each.close()
        return codes[-1] if codes else 0


def serve_again(known: Given, arguments: Sequence[str]) -> int:
    """Run `engine serve` without --reload until Ctrl-C or SIGTERM; return its exit code."""
    command = _command(arguments, "--reload")
    if not all(map(os.path.exists, known.paths)) or not hasattr(socket, "send_fds"):
        return again_and_again(known, arguments, "--reload")
    reloading = Reloading(command)
    with _signals(reloading.stop):
        for _ in _starts(_folders(known), reloading.is_over):
            reloading.begin()
        return reloading.end()


def again_and_again(known: Given, arguments: Sequence[str], option: str) -> int:
    """Run the same command without the option until Ctrl-C or SIGTERM; if it ends earlier, wait for the next change."""
    command = _command(arguments, option)
    if not all(map(os.path.exists, known.paths)):
        return subprocess.call(command)  # noqa: S603  # it says what is missing
    is_over = Event()
    process: subprocess.Popen[bytes] | None = None
    with _signals(lambda *_: is_over.set()):
        for _ in _starts(_folders(known), is_over):
            _end(process)
            process = subprocess.Popen(command, start_new_session=True)  # noqa: S603  # the command that the user gave
        _end(process)
    return 0


def _command(arguments: Sequence[str], option: str) -> list[str]:
    return [sys.executable, "-m", "engine.tools", *(each for each in arguments if each != option)]


def _end(process: subprocess.Popen[bytes] | None) -> None:
    if process is None:
        return
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _signals(handle: Any) -> Iterator[None]:
    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def _starts(folders: Iterable[Path], is_over: Event) -> Iterator[None]:
    """Yield once when the folders are watched, then after each change."""
    looks = watch(
        *folders,
        watch_filter=_Matters(),
        recursive=False,
        stop_event=is_over,
        raise_interrupt=False,
        debounce=DEBOUNCE,
        rust_timeout=LOOK,
        yield_on_timeout=True,
    )
    next(looks, None)
    if not is_over.is_set():
        yield
    yield from (None for changes in looks if changes)


class _Matters(DefaultFilter):
    """Selects files that are part of an application, and not an editor's copy of one."""

    def __call__(self, change: Change, path: str) -> bool:
        return Path(path).suffix in WATCHED and super().__call__(change, path)


def _folders(known: Given) -> set[Path]:
    """Return the folders of the flows and of own processors; of a file its folder, since editors replace files."""
    folders = {path if path.is_dir() else path.parent for path in map(Path, known.paths)}
    places = [Path(), *known.folders]
    packages = (place / package.replace(".", "/") for place in places for package in known.processors)
    folders |= {package for package in packages if package.is_dir()}
    return {*known.folders} | {
        each for folder in folders for each in (folder, *islice(_inside(folder, DEEPEST), MOST_FOLDERS))
    }


def _inside(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the folders in a folder, except hidden ones."""
    for each in sorted(folder.iterdir()) if depth else ():
        if each.is_dir() and not each.name.startswith((".", "__")) and not each.is_symlink():
            yield each
            yield from _inside(each, depth - 1)
