"""A body of a million records through flows/bulk-upsert-stream.yaml: what memory it needs, and when answers come.

    python benchmarks/stream_upsert.py [--records N]

A real server in a process of its own; the body is made while it is sent, and the answer read while it comes: all but
the first records are sent once the first outcome is there. One record in a hundred has no good address.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FLOWS = Path(__file__).parent.parent / "flows"
HEAD = (
    b"POST /api/bulk-upsert/stream HTTP/1.1\r\nHost: benchmark\r\nConnection: close\r\n"
    b"Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
)
AT_ONCE = 500


@contextmanager
def served(folder: str) -> Iterator[tuple[int, int]]:
    """The process and the port of a server that runs meanwhile."""
    flows = [str(FLOWS / name) for name in ("bulk-upsert.yaml", "bulk-upsert-stream.yaml")]
    options = ["--port", "0", "--log-level", "warning", "--set", f"db.url=sqlite:///{folder}/customers.db"]
    command = [sys.executable, "-m", "engine.tools", "serve", *flows, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # a command of ours
        try:
            assert process.stdout is not None
            addresses = (re.search(r"serves at http://127\.0\.0\.1:(\d+)", line) for line in process.stdout)
            yield process.pid, int(next(found[1] for found in addresses if found))
        finally:
            process.terminate()


def record(number: int) -> bytes:
    email = "nobody" if number % 100 == 50 else f"n{number}@example.org"
    return b'{"id": "c-%d", "name": "Name %d", "email": "%s", "amount": %d}\n' % (
        number, number, email.encode(), number % 1000,
    )  # fmt: skip


class Caller:
    """Sends records, and reads the outcomes meanwhile."""

    def __init__(self, records: int) -> None:
        self.records = records
        self.stored = self.failed = 0
        self._is_answered = asyncio.Event()

    async def call(self, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        sending = asyncio.create_task(self._send(writer))
        status = await reader.readline()
        assert status.startswith(b"HTTP/1.1 200 "), status
        while line := await reader.readline():
            self.stored += b'"status":200' in line
            self.failed += b'"status":422' in line
            if self.stored:
                self._is_answered.set()
        await sending
        writer.close()

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD)
        for start in range(0, self.records, AT_ONCE):
            body = b"".join(map(record, range(start, min(start + AT_ONCE, self.records))))
            writer.write(b"%x\r\n%s\r\n" % (len(body), body))
            await writer.drain()
            await self._is_answered.wait()
        writer.write(b"0\r\n\r\n")


def peak(process: int) -> int:
    """The most memory that a process had at a time, in MiB, where the system tells (Linux)."""
    found = re.search(r"VmHWM:\s*(\d+)", Path(f"/proc/{process}/status").read_text())
    assert found
    return int(found[1]) // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    caller = Caller(parser.parse_args().records)
    with tempfile.TemporaryDirectory() as folder, served(folder) as (process, port):
        before, began = peak(process), time.monotonic()
        asyncio.run(caller.call(port))
        seconds = time.monotonic() - began
        print(f"outcomes: {caller.stored} stored, {caller.failed} failed; the first came after {AT_ONCE} records")
        print(f"peak memory: {peak(process)} MiB ({before} MiB before)")
        print(f"{caller.records / seconds:.0f} records/s")


if __name__ == "__main__":
    main()
