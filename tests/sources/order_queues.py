"""An application whose queues are with a server, opened as if on several machines."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from time import monotonic
from typing import Any, Protocol

import pytest

from engine import Application

FLOWS = """
configuration: {name: "NAME", dataDir: DIR, shutdownTimeout: 100ms}
configs:
  VM:
    vm:config:
      url: "URL"
      queues: [{queueName: in}, {queueName: out}, {queueName: one, maxOutstandingMessages: 1}]
  Own: {vm:config: {queues: [{queueName: never}]}}
flows:
  put: {steps: [{vm:publish: {config-ref: VM, queueName: in}}]}
  put-one: {steps: [{vm:publish: {config-ref: VM, queueName: one, timeout: 20}}]}
  ask: {steps: [{vm:publish-consume: {config-ref: VM, queueName: in, timeout: 20}}]}
  take: {steps: [{vm:consume: {config-ref: VM, queueName: out, timeout: 20}}]}
  take-soon: {steps: [{vm:consume: {config-ref: VM, queueName: out, timeout: 0}}]}
"""
WORK = """
  work:
    source: {vm:listener: {config-ref: VM, queueName: in, numberOfConsumers: 2}}
    steps:
      - logger: {message: "begin #[payload] #[attributes.attempts]"}
      - try:
          steps: [{vm:consume: {config-ref: Own, queueName: never, timeout: PAUSE}}]
          error-handler: [{on-error-continue: {logException: false}}]
      - vm:publish: {config-ref: VM, queueName: out, content: {what: "#[payload]", attempts: "#[attributes.attempts]"}}
"""
CONSUMER = """
import asyncio, logging, sys
from engine import Application
logging.basicConfig(level="INFO", stream=sys.stdout, format="%(message)s")
async def main():
    async with Application.load(sys.argv[1]) as app:
        await app.listen()
        await asyncio.sleep(600)
asyncio.run(main())
"""


class Server(Protocol):
    @property
    def url(self) -> str: ...

    def new_application(self) -> str: ...


class Shop:
    """Applications of one name, each as if on a machine of its own."""

    def __init__(self, folder: Path, server: Server) -> None:
        self._folder = folder
        self.server = server
        self.name = server.new_application()
        self.opened: list[Application] = []

    def write(self, more: str = "", pause: str = "1ms") -> Path:
        file = self._folder / f"flows-{abs(hash((more, pause)))}.yaml"
        text = FLOWS + more.replace("PAUSE", pause)
        named = text.replace("NAME", self.name).replace("URL", self.server.url)
        file.write_text(named.replace("DIR", str(self._folder / "data")))
        return file

    async def open(self, more: str = "", pause: str = "1ms") -> Application:
        app = Application.load(self.write(more, pause))
        self.opened.append(app)
        await app.listen() if more else await app.start()
        return app


def begun(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [message.removeprefix("begin ") for message in caplog.messages if message.startswith("begin ")]


async def until(holds: Callable[[], object], seconds: float = 20) -> None:
    deadline = monotonic() + seconds
    while not holds():
        assert monotonic() < deadline, "it does not come about"
        await asyncio.sleep(0.02)


async def taken(app: Application, number: int) -> list[Any]:
    return [(await app.run("take")).payload for _ in range(number)]


async def begun_and_killed(file: Path, number: int) -> list[str]:
    """Have another process listen until it has begun so many messages, and kill it; return what it has begun."""
    command = [sys.executable, "-c", CONSUMER, str(file)]
    with Popen(command, stdout=PIPE, stderr=DEVNULL, text=True) as process:  # noqa: ASYNC220  # it starts quickly
        assert process.stdout
        lines: list[str] = []
        while len(lines) < number:
            line = await asyncio.to_thread(process.stdout.readline)
            lines += [line.removeprefix("begin ").strip()] if line.startswith("begin ") else []
        process.kill()
    return lines
