"""What a reload costs those who are served meanwhile: clients that keep their connections, one reload after another.

    python benchmarks/reload.py [--flows 100] [--reloads 50] [--clients 200] [--pause 0.5]

Prints how many requests were answered, refused or lost, how long the slowest waited, and the memory of the server after
each ten reloads. Every fifth reload meets a mistake.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import aiohttp

CONFIGS = """
configs:
  Api: {http:listener-config: {port: 0}}
  Queues: {vm:config: {queues: [{queueName: q}]}}
  Seen: {os:object-store: {persistent: false}}
"""
FLOW = """
  flow-%d:
    steps:
      - choice:
          when: [{expression: "payload.a > `%d`", steps: [{set-payload: {value: "#[sum(payload.b) + `%d`]"}}]}]
          otherwise:
            steps:
              - foreach: {collection: "#[payload.b]", steps: [{set-variable: {variableName: x, value: "#[payload]"}}]}
"""
FIRST = """
flows:
  answer:
    source: {http:listener: {config-ref: Api, path: "/{number}"}}
    steps:
      - vm:publish: {config-ref: Queues, queueName: q, content: "#[attributes.uriParams.number]"}
      - set-payload: {value: "%s"}
  take:
    source: {vm:listener: {config-ref: Queues, queueName: q}}
    steps: [{os:increment: {objectStore: Seen, key: "#[payload]"}}]
  seen:
    source: {http:listener: {config-ref: Api, path: /seen}}
    steps: [{os:retrieve-all: {objectStore: Seen}}]
  tick:
    source: {scheduler: {fixed-frequency: {frequency: 100}}}
    steps: [{logger: {message: tick}}]
"""


def write(file: Path, version: str, flows: int, *, is_wrong: bool = False) -> None:
    text = CONFIGS + FIRST % version + "".join(FLOW % (n, n, n) for n in range(flows))
    file.write_text(text.replace("set-payload", "set-paylod") if is_wrong else text)


def memory(process: int) -> float:
    """The megabytes that a process holds by itself."""
    with open(f"/proc/{process}/smaps_rollup") as lines:
        return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


class Load:
    """The clients, and what they got."""

    def __init__(self, url: str, pause: float) -> None:
        self.url, self.pause = url, pause
        self.number = self.answered = self.lost = 0
        self.other: list[int] = []
        self.waits: list[float] = []
        self.is_over = False

    async def client(self, session: aiohttp.ClientSession) -> None:
        while not self.is_over:
            self.number += 1
            began = time.monotonic()
            try:
                async with session.get(f"{self.url}/{self.number}") as answer:
                    await answer.read()
                    if answer.status == 200:
                        self.answered += 1
                    else:
                        self.other.append(answer.status)
            except aiohttp.ClientError as error:
                self.lost += 1
                print("lost:", repr(error))
            self.waits.append(time.monotonic() - began)
            await asyncio.sleep(self.pause)


async def run(folder: Path, arguments: argparse.Namespace) -> None:
    file, log = folder / "flows.yaml", folder / "log"
    write(file, "v0", arguments.flows)
    with log.open("w") as errors:
        command = [sys.executable, "-m", "engine.tools", "serve", str(file)]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=folder)  # noqa: ASYNC220, S603  # ours
    assert server.stdout
    line = next(line for line in server.stdout if " serves at " in line)
    load = Load(line.split(" serves at ")[1].split(";")[0], arguments.pause)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=300)) as session:
        clients = [asyncio.create_task(load.client(session)) for _ in range(arguments.clients)]
        await asyncio.sleep(2)
        quiet, load.waits = max(load.waits), []
        await reload_again_and_again(server, file, log, arguments)
        load.is_over = True
        await asyncio.gather(*clients)
        seen = await seen_by(session, load)
    server.send_signal(signal.SIGTERM)
    print(f"{load.number} requests: {load.answered} answered, {load.lost} lost, other statuses: {load.other}")
    once = sum(1 for count in seen.values() if count == 1)
    print(f"messages of the queue: {once} handled once, {len(seen) - once} more often, {load.number - len(seen)} never")
    print(f"the slowest request: {quiet * 1000:.0f} ms before, {max(load.waits) * 1000:.0f} ms during the reloads")
    tell_times(log.read_text().splitlines())
    print(f"exit code {server.wait()}")


async def reload_again_and_again(
    server: subprocess.Popen[str], file: Path, log: Path, arguments: argparse.Namespace
) -> None:
    print(f"  0 reloads: {memory(server.pid):6.1f} MB")
    for number in range(1, arguments.reloads + 1):
        write(file, f"v{number}", arguments.flows, is_wrong=number % 5 == 0)
        server.send_signal(signal.SIGHUP)
        while len(re.findall("reload: (?:done|refused)", log.read_text())) < number:  # noqa: ASYNC110, ASYNC240  # a file
            await asyncio.sleep(0.05)
        if number % 10 == 0:
            await asyncio.sleep(0.5)
            print(f"{number:3} reloads: {memory(server.pid):6.1f} MB")


async def seen_by(session: aiohttp.ClientSession, load: Load) -> dict[str, int]:
    """How often each message was handled, once all have come: the queue may be longer than the clients."""
    seen: dict[str, int] = {}
    for _ in range(30):
        async with session.get(f"{load.url}/seen") as answer:
            seen = await answer.json()
        if len(seen) >= load.number:
            break
        await asyncio.sleep(1)
    return seen


def tell_times(lines: list[str]) -> None:
    beats = [datetime.fromisoformat(each[:23]).timestamp() for each in lines if " tick " in each]
    gaps = [(after - before) * 1000 for before, after in pairwise(beats)]
    seconds = beats[-1] - beats[0]
    print(
        f"the scheduler of 100 ms: {len(beats)} beats in {seconds:.1f} s, {min(gaps):.0f} to {max(gaps):.0f} ms apart"
    )
    took = [float(each.partition(" in ")[2].split()[0]) for each in lines if "reload: done" in each]
    print(f"a reload took {min(took):.2f} to {max(took):.2f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--flows", type=int, default=100)
    parser.add_argument("--reloads", type=int, default=50)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--pause", type=float, default=0.5, help="Seconds between two requests of a client.")
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(run(Path(place), parser.parse_args()))
