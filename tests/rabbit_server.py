"""A real RabbitMQ server of this machine's package, over a folder, on ports of its own."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from time import monotonic, sleep

SERVER = next(map(str, Path("/usr/lib/rabbitmq/lib").glob("*/sbin/rabbitmq-server")), "")
"""The script that starts it as the user who calls it."""
EPMD = shutil.which("epmd") or ""
"""The daemon in which Erlang's nodes find each other; if there were none at the port, a node would leave one behind."""
MISSING = "" if SERVER and EPMD else "RabbitMQ is not installed: apt-get install rabbitmq-server"


class RabbitServer:
    """Runs over a folder; `stop` and `start` keep what is in it. The user guest has the password guest."""

    def __init__(self, folder: Path) -> None:
        self.port, nodes, names = (_free_port() for _ in range(3))
        self._folder = folder
        self._numbers = itertools.count(1)
        self._environment = os.environ | {
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"test{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(nodes),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "none"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "ERL_EPMD_PORT": str(names),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}",
        }
        self._names = subprocess.Popen([EPMD], env=self._environment, stdout=subprocess.DEVNULL)
        self.start()

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def new_application(self) -> str:
        """A name that no other test's application has."""
        return f"test-{next(self._numbers)}"

    def start(self) -> None:
        self._process = subprocess.Popen(
            [SERVER],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = monotonic() + 120
        while not self._answers():
            if self._process.poll() is not None or monotonic() > deadline:
                raise RuntimeError("the RabbitMQ server does not start")
            sleep(0.1)

    def stop(self) -> None:
        """Have it write what it holds, and end."""
        os.kill(int((self._folder / "pid").read_text()), signal.SIGTERM)
        self._process.wait(timeout=60)

    def kill(self) -> None:
        """End it as a power cut does: the script, and the server that it has started."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=60)

    def end(self) -> None:
        self.kill()
        self._names.kill()
        self._names.wait(timeout=60)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
                connection.sendall(b"AMQP\x00\x00\x09\x01")
                return connection.recv(1) == b"\x01"
        except OSError:
            return False


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
