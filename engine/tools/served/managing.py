"""`engine serve --management`: the port for operators."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.application import Application
from engine.expressions.digits import is_digits
from engine.operation.management import Management
from engine.operation.operations import Operations
from engine.operation.process import measure_process
from engine.operation.reload import Reloaded
from engine.operation.siblings import Siblings
from engine.values.addresses import in_url, is_own
from engine.wire.connections import DEFAULT
from engine.wire.server import bind, reason_of
from engine.wire.servers import Served

TOKEN = "ENGINE_MANAGEMENT_TOKEN"  # noqa: S105  # the name of a variable
"""The environment variable with the token that operators show as `Authorization: Bearer …`."""

SHORTEST_TOKEN = 16
LOCAL = "127.0.0.1"


class ManagementError(Exception):
    """The management port cannot be opened."""


@dataclass
class ManagementPort:
    """The address for operators, shared by all processes that serve an application."""

    host: str
    port: int
    token: str | None
    listening: socket.socket
    folder: Path | None = None
    """Where the processes answer each other; None if there is one."""

    @classmethod
    def open(cls, address: str, workers: int) -> ManagementPort:
        """Listen at `PORT` or `HOST:PORT`. Raises ManagementError, with the reason, if that cannot be."""
        host, port = _split(address)
        token = _token(host)
        try:
            listening = bind(host, port)
        except OSError as error:
            raise ManagementError(
                f"cannot listen at {host}:{port} for the management port: {reason_of(error)}"
            ) from None
        folder = Path(tempfile.mkdtemp(prefix="engine-")) if workers > 1 else None
        return cls(host, port, token, listening, folder)

    @property
    def url(self) -> str:
        return f"http://{in_url(self.host)}:{self.listening.getsockname()[1]}"

    @asynccontextmanager
    async def serving(self, app: Application, reload: Callable[[], Awaitable[Reloaded]]) -> AsyncIterator[Served]:
        """Return the server of this process's part of it, which answers while the context is open.

        reload: has all processes load the flows again.
        """
        siblings = Siblings(Operations(app), self.folder, app.parts.runtime.worker)
        measure_process(app.measures)
        management = Management(siblings, app.start, app.is_ready, self.token, reload)
        await siblings.start()
        try:
            yield Served(management.asgi(), self.listening, DEFAULT)
        finally:
            await siblings.stop()

    def close(self) -> None:
        """Remove what `open` made; to be called by the first process."""
        self.listening.close()
        if self.folder is not None:
            for place in self.folder.iterdir():
                place.unlink(missing_ok=True)
            self.folder.rmdir()


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    host = host.strip("[]") or LOCAL
    if not is_digits(port) or int(port[:6]) >= 2**16:
        raise ManagementError(f"--management {address}: expected PORT or HOST:PORT, such as 9090 or 0.0.0.0:9090")
    return host, int(port)


def _token(host: str) -> str | None:
    """Return the token. Raises ManagementError if others can reach the address and there is none."""
    token = os.environ.get(TOKEN)
    if token is not None and len(token) < SHORTEST_TOKEN:
        raise ManagementError(f"the token in {TOKEN} is shorter than {SHORTEST_TOKEN} characters")
    if token is None and not is_own(host):
        raise ManagementError(f"the management port at {host} can be reached from other machines: set {TOKEN}")
    return token
