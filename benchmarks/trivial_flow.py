"""What the engine costs a request: a flow of one set-payload beside a bare Starlette route.

    python benchmarks/trivial_flow.py [--rounds N] [--seconds S] [--connections N]

Two servers, each in a process of its own, neither with an access log; wrk asks them in turn, or where it is not
installed a client in Python. The median of the rounds counts: read the ratio, not the requests per second.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

FLOW = """
configs: {Api: {http:listener-config: {port: 0}}}
flows:
  trivial:
    source: {http:listener: {config-ref: Api, path: /hello, allowedMethods: GET}}
    steps: [{set-payload: {value: {message: hello}}}]
"""
BARE = """
import socket, uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

async def hello(request):
    return JSONResponse({"message": "hello"})

listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
print(f"serves at http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
config = uvicorn.Config(Starlette(routes=[Route("/hello", hello)]), access_log=False, log_config=None, ws="none")
uvicorn.Server(config).run([listening])
"""
REQUEST = b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@contextmanager
def served(*command: str) -> Iterator[int]:
    """The port of a server that runs meanwhile."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # commands of ours
        try:
            assert process.stdout is not None
            address = (re.search(r"serves at http://127\.0\.0\.1:(\d+)", line) for line in process.stdout)
            yield int(next(found[1] for found in address if found))
        finally:
            process.terminate()


def by_wrk(port: int, seconds: int, connections: int) -> float:
    """Requests per second as wrk counts them; an answer that is no success is an error."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"http://127.0.0.1:{port}/hello"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603  # the same
    assert "Non-2xx" not in output, output
    found = re.search(r"Requests/sec:\s*([\d.]+)", output)
    assert found, output
    return float(found[1])


def by_python(port: int, seconds: int, connections: int) -> float:
    """The same by a client in this process, which costs about as much as the server."""

    async def ask(until: float) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        count = 0
        while time.monotonic() < until:
            writer.write(REQUEST)
            assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head)
            assert length, head
            await reader.readexactly(int(length[1]))
            count += 1
        writer.close()
        return count

    async def ask_all() -> int:
        return sum(await asyncio.gather(*(ask(time.monotonic() + seconds) for _ in range(connections))))

    return asyncio.run(ask_all()) / seconds


def compare(rounds: int, seconds: int, connections: int) -> None:
    client = by_wrk if shutil.which("wrk") else by_python
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        file = Path(folder) / "trivial.yaml"
        file.write_text(FLOW)
        engine = (sys.executable, "-m", "engine.tools", "serve", str(file), "--log-level", "warning")
        ports = {
            "bare Starlette": stack.enter_context(served(sys.executable, "-c", BARE)),
            "flow": stack.enter_context(served(*engine)),
        }
        rates: dict[str, list[float]] = {name: [] for name in ports}
        for number in range(rounds + 1):
            for name, port in ports.items():
                rate = client(port, seconds, connections)
                if number:  # the first round warms up
                    rates[name].append(rate)
    for name, found in rates.items():
        print(f"{name:>15}: {median(found):8.0f} requests/s at {connections} connections ({client.__name__})")
    ratios = [flow / bare for flow, bare in zip(rates["flow"], rates["bare Starlette"], strict=True)]
    print(f"{'ratio':>15}: {median(ratios):8.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--connections", type=int, default=16)
    arguments = parser.parse_args()
    compare(arguments.rounds, arguments.seconds, arguments.connections)


if __name__ == "__main__":
    main()
