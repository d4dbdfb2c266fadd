"""A real Redis server of this machine's package, over a folder, on a port of its own."""

from __future__ import annotations

import itertools
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import quote

SERVER = shutil.which("redis-server") or ""
MISSING = "" if SERVER else "Redis is not installed: apt-get install redis-server"


class RedisServer:
    """Runs over a folder; `stop` and `start` keep what is in it, `kill` and `start` lose it.

    password: what clients have to give.
    """

    def __init__(self, folder: Path, password: str = "") -> None:
        self.port = _free_port()
        self._folder = folder
        self._password = password
        self._numbers = itertools.count(1)
        folder.mkdir(exist_ok=True)
        self.start()

    @property
    def url(self) -> str:
        return f"redis://{f':{quote(self._password, safe=str())}@' if self._password else ''}127.0.0.1:{self.port}/0"

    def new_application(self) -> str:
        """A name that no other test's application has."""
        return f"test-{next(self._numbers)}"

    def start(self) -> None:
        options = [
            "--save",
            "",
            "--appendonly",
            "no",
            "--bind",
            "127.0.0.1",
            "--daemonize",
            "no",
            "--loglevel",
            "warning",
        ]
        options += ["--requirepass", self._password] if self._password else []
        self._process = subprocess.Popen(
            [SERVER, "--port", str(self.port), "--dir", str(self._folder), *options], stdout=subprocess.DEVNULL
        )
        deadline = monotonic() + 60
        while not self._answers():
            if self._process.poll() is not None or monotonic() > deadline:
                raise RuntimeError("the Redis server does not start")
            sleep(0.02)

    def stop(self) -> None:
        """Have it write what it holds, and end."""
        self.ask("SAVE")
        self.kill()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(timeout=60)

    def freeze(self) -> None:
        """Have it answer nobody, as if the network were cut."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def ask(self, *command: str) -> bytes:
        """The first bytes of the answer to a command."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            for each in ([["AUTH", self._password]] if self._password else []) + [list(command)]:
                parts = "".join(f"${len(part.encode())}\r\n{part}\r\n" for part in each)
                connection.sendall(f"*{len(each)}\r\n{parts}".encode())
                answer = connection.recv(65536)
        return answer

    def _answers(self) -> bool:
        try:
            return self.ask("PING") == b"+PONG\r\n"
        except OSError:
            return False


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
