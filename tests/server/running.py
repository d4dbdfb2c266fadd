"""A real server, in a process of its own, and what a test asks of it."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Self

import httpx

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
WATCHDOG = HERE.parent / "watched"
"""On PYTHONPATH, it has the server say when its event loop stands."""
SHIPPED = ROOT / "flows" / "bulk-upsert.yaml"
ENGINE = [sys.executable, "-m", "engine.tools"]
PROBLEM = "application/problem+json"
GOOD = {"id": "c-1", "name": "Ada", "email": "ada@example.org", "amount": 1}


def engine(*arguments: str, cwd: Path = HERE, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """The command `engine`, run to its end."""
    command = [*ENGINE, *arguments]
    return subprocess.run(
        command, cwd=cwd, input=stdin, env=os.environ | environment, capture_output=True, text=True, timeout=60
    )


class Running:
    """`engine serve` on a free port; its log is a file."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        cwd: Path = HERE,
        environment: Mapping[str, str] = {},
        own_ports: bool = False,
        passed: Sequence[socket.socket] = (),
    ) -> None:
        """passed: sockets that it inherits, as from systemd; the names are in LISTEN_FDNAMES of the environment."""
        self._log = folder / "stderr.log"
        command = [sys.executable, "-W", "always::ResourceWarning", "-m", "engine.tools", "serve", *arguments]
        if "--port" not in arguments and not own_ports:
            command += ["--port", "0"]
        if passed:
            command = [*activation(passed), *command]
        numbers = [each.fileno() for each in passed]
        with self._log.open("a") as log:
            self.process = subprocess.Popen(
                command, cwd=cwd, stdout=subprocess.PIPE, stderr=log, text=True, env=_watched(environment),
                pass_fds=numbers,
            )  # fmt: skip
        self.printed: list[str] = []
        self.port = 0
        self.wait_for_address()
        self._clients = threading.local()
        self._opened: list[httpx.Client] = []

    @property
    def client(self) -> httpx.Client:
        """A client of this thread: one that several share may close a connection under another's hands."""
        client: httpx.Client | None = getattr(self._clients, "client", None)
        if client is None:
            client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30, trust_env=False)
            self._clients.client = client
            self._opened.append(client)
        return client

    def wait_for_address(self) -> None:
        """Read what is printed until the line with the address, which only flows with HTTP have."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed.append(line)
            if match := re.search(r"serves(?: at https?://[^,;]*:(\d+))?", line):
                self.port = int(match[1] or 0)
                return
        self.process.wait()
        self.process.stdout.close()
        raise AssertionError(f"the server did not start: {self.log}")

    @property
    def log(self) -> str:
        return self._log.read_text()

    def logged(self, text: str, lines: int = 1) -> list[str]:
        """The log lines that hold the text, once there are so many: the line of a request follows its answer."""
        wait_until(lambda: len(self._lines_with(text)) >= lines)
        return self._lines_with(text)

    def _lines_with(self, text: str) -> list[str]:
        return [line for line in self.log.splitlines() if text in line]

    def post(self, path: str = "/api/bulk-upsert", **request: Any) -> httpx.Response:
        return self.client.post(path, **request)

    def raw(self, data: bytes = b"") -> socket.socket:
        """A connection on which the data was sent; the caller closes it."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        connection.sendall(data)
        return connection

    def exchange(self, data: bytes) -> bytes:
        """All that comes back for these bytes until the server closes the connection."""
        with self.raw(data) as connection:
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=20)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._opened:
            client.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        assert "ResourceWarning" not in self.log
        assert "WATCHDOG" not in self.log, self._lines_with("WATCHDOG")


ACTIVATE = """
import os, sys
numbers = [os.dup(int(number)) for number in sys.argv[1].split(",")]
for place, number in enumerate(numbers, 3):
    os.dup2(number, place)
    os.set_inheritable(place, True)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(numbers))}
os.execv(sys.argv[2], sys.argv[2:])
"""
"""What becomes the command behind it, with some descriptors as those from 3 on."""


def activation(passed: Sequence[socket.socket]) -> list[str]:
    """The beginning of a command that inherits the sockets as systemd passes them."""
    return [sys.executable, "-c", ACTIVATE, ",".join(str(each.fileno()) for each in passed)]


def _watched(environment: Mapping[str, str]) -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(WATCHDOG), os.environ.get("PYTHONPATH")]))
    return os.environ | {"PYTHONPATH": path} | dict(environment)


Start = Callable[..., Running]
"""Starts a server that ends with the test."""


def wait_until(holds: Callable[[], Any], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(0.01)


def rows(file: Path) -> list[tuple[Any, ...]]:
    """The customers in the database, by id."""
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("SELECT id, name, email, amount FROM customers ORDER BY id").fetchall()
