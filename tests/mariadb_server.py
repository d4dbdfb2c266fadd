"""A real MariaDB server of this machine's package, over a folder, on a port of its own."""

from __future__ import annotations

import getpass
import itertools
import shutil
import socket
import subprocess
from pathlib import Path
from time import monotonic, sleep

SERVER, INSTALL, CLIENT = (shutil.which(name) or "" for name in ("mariadbd", "mariadb-install-db", "mariadb"))
USER = getpass.getuser()
MISSING = "" if SERVER and INSTALL and CLIENT else "MariaDB is not installed: apt-get install mariadb-server"


class MariaDbServer:
    """Runs over a folder; `stop` and `start` keep what is in it."""

    def __init__(self, folder: Path) -> None:
        self.port = _free_port()
        self._folder = folder
        self._numbers = itertools.count(1)
        self._socket = folder / "socket"
        subprocess.run(
            [INSTALL, f"--datadir={folder}/data", f"--user={USER}", "--auth-root-authentication-method=normal"],
            check=True,
            capture_output=True,
        )
        self.start()

    def start(self) -> None:
        folder = self._folder
        self._process = subprocess.Popen(
            [SERVER, "--no-defaults", f"--datadir={folder}/data", f"--socket={self._socket}", f"--port={self.port}",
             "--bind-address=127.0.0.1", f"--user={USER}", f"--pid-file={folder}/pid", f"--log-error={folder}/log"]
        )  # fmt: skip
        self._wait()

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name}")
        return f"mariadb+asyncmy://root@127.0.0.1:{self.port}/{name}"

    def run(self, sql: str) -> None:
        subprocess.run(
            [CLIENT, "--no-defaults", f"--socket={self._socket}", "-uroot", "-e", sql],
            check=True,
            capture_output=True,
        )

    def ask(self, sql: str) -> list[str]:
        """The rows of an answer, as lines."""
        command = [CLIENT, "--no-defaults", f"--socket={self._socket}", "-uroot", "-N", "-e", sql]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=60)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(timeout=60)

    def _wait(self) -> None:
        deadline = monotonic() + 60
        while True:
            try:
                return self.run("SELECT 1")
            except subprocess.CalledProcessError:
                if self._process.poll() is not None or monotonic() > deadline:
                    raise
            sleep(0.1)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
