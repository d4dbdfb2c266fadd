"""What is left over of many requests: tasks, events, file descriptors, memory.

    python benchmarks/leaks.py [--requests N]

A flow with scatter-gather, parallel-foreach, async, cache and an error that is handled answers over HTTP, in one
process with its client. Each row is taken when all is quiet; after the warm-up nothing may grow. Exits with 1 where
it does.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import resource
import socket
import sys
import tempfile
from pathlib import Path

import aiohttp
import uvicorn

from engine import Application, Event, FlowError
from engine.wire.server import Server

AT_ONCE = 50
ROWS = 5
GROWTH = 4.0
"""MiB that the memory may grow after the warm-up: pages that the allocator keeps."""

FLOW = """
configs:
  Api: {http:listener-config: {port: 0}}
flows:
  f:
    source: {http:listener: {config-ref: Api, path: "/{n}"}}
    steps:
      - set-variable: {variableName: n, value: "#[as_number(attributes.uriParams.n)]"}
      - async:
          maxConcurrency: 10
          steps: [{set-payload: {value: {notified: "#[vars.n]"}}}, {set-variable: {variableName: seen, value: true}}]
      - scatter-gather:
          timeout: 10s
          routes:
            - steps:
                - cache:
                    key: to_string(vars.n % 100)
                    steps: [{set-payload: {value: {price: "#[vars.n % 100]"}}}]
            - steps: [{parallel-foreach: {collection: range(5), maxConcurrency: 3, steps: []}}]
      - try:
          steps:
            - until-successful:
                maxRetries: 1
                millisBetweenRetries: 0
                steps: [{parallel-foreach: {collection: range(2), steps: [{raise-error: {type: "APP:BROKEN"}}]}}]
          error-handler: [{on-error-continue: {logException: false}}]
      - set-payload: {value: "#[payload.'0'.payload.price]"}
"""

Row = tuple[int, int, int, int, float]


def measure(answered: int) -> Row:
    """Requests so far, tasks, events and errors, file descriptors, MiB that are in use."""
    gc.collect()
    left = sum(isinstance(each, (Event, FlowError)) for each in gc.get_objects())
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    memory = pages * resource.getpagesize() / 2**20
    return answered, len(asyncio.all_tasks()), left, len(os.listdir("/proc/self/fd")), memory


async def ask(client: aiohttp.ClientSession, url: str, numbers: range) -> None:
    """Requests of these numbers, some at once."""
    waiting = iter(numbers)

    async def work() -> None:
        for number in waiting:
            async with client.get(f"{url}/{number}") as answer:
                assert await answer.json() == number % 100

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


async def run(folder: Path, requests: int) -> list[Row]:
    (folder / "flow.yaml").write_text(FLOW)
    app = Application.load(folder / "flow.yaml")
    server = Server(uvicorn.Config(app.asgi(), log_config=None, ws="none", access_log=False))
    rows = []
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as client:
            for row in range(ROWS + 1):
                await ask(client, url, range(row * requests // ROWS, (row + 1) * requests // ROWS))
                await app.parts.runtime.tasks.drain(10)
                await asyncio.sleep(0.1)
                rows.append(measure((row + 1) * requests // ROWS))
                print("{:>9,}  {:>5}  {:>6}  {:>11}  {:>6.1f}".format(*rows[-1]))
        server.should_exit = True
        await serving
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=10_000, help="after the warm-up, a fifth of them")
    requests = parser.parse_args().requests
    print(" requests  tasks  events  descriptors     MiB   (the first row is the warm-up)")
    with tempfile.TemporaryDirectory() as folder:
        warm, *_, last = asyncio.run(run(Path(folder), requests))
    is_flat = last[1:4] <= warm[1:4] and last[4] - warm[4] <= GROWTH
    print("flat" if is_flat else "grown")
    return 0 if is_flat else 1


if __name__ == "__main__":
    sys.exit(main())
