"""What metrics cost a request: the same flows served with and without `--management`.

    python benchmarks/metrics.py [--rounds N] [--requests N]

Two servers, asked in turn by one connection each. The processor time of each burst counts, not the time on the clock;
read the median of the ratios. Linux only.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
  Db:
    db:config:
      url: "sqlite:///${file}"
      initScript: CREATE TABLE IF NOT EXISTS r(id TEXT PRIMARY KEY, n INTEGER)
flows:
  trivial:
    source: {http:listener: {config-ref: Api, path: /hello, allowedMethods: GET}}
    steps: [{set-payload: {value: {message: hello}}}]
  upsert:
    source: {http:listener: {config-ref: Api, path: /upsert, allowedMethods: POST}}
    steps:
      - foreach:
          collect: {target: results}
          steps:
            - flow-ref: {name: one}
      - set-payload: {value: "#[summary(vars.results)]"}
sub-flows:
  one:
    steps:
      - db:insert:
          config-ref: Db
          sql: INSERT INTO r(id, n) VALUES(:id, :n) ON CONFLICT(id) DO UPDATE SET n = excluded.n
          input-parameters: "#[payload]"
          target: written
"""


class Server(NamedTuple):
    """A server process and a connection to it."""

    process: subprocess.Popen[str]
    connection: http.client.HTTPConnection

    def ask(self, size: int) -> None:
        body = json.dumps([{"id": str(number), "n": number} for number in range(size)]) if size else None
        path, headers = ("/upsert", {"Content-Type": "application/json"}) if size else ("/hello", {})
        self.connection.request("POST" if size else "GET", path, body, headers)
        answer = self.connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status

    def spent(self) -> float:
        """The processor time of all threads so far, in microseconds."""
        threads = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1000

    def burst(self, requests: int, size: int) -> float:
        """The processor time of a request, in microseconds."""
        before = self.spent()
        for _ in range(requests):
            self.ask(size)
        return (self.spent() - before) / requests


@contextmanager
def served(folder: Path, *options: str) -> Iterator[Server]:
    """A server of the flows that runs meanwhile."""
    flows = folder / f"flows{len(options)}.yaml"
    flows.write_text(FLOWS.replace("${file}", str(folder / f"{len(options)}.db")))
    command = [sys.executable, "-m", "engine.tools", "serve", str(flows), "--log-level", "error", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own command
        try:
            assert process.stdout is not None
            ports = (re.search(r"serves at http://127\.0\.0\.1:(\d+)", line) for line in process.stdout)
            port = next(int(found[1]) for found in ports if found)
            yield Server(process, http.client.HTTPConnection("127.0.0.1", port))
        finally:
            process.terminate()


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--rounds", type=int, default=40)
    reader.add_argument("--requests", type=int, default=200, help="in a burst, of one record or none")
    options = reader.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = [stack.enter_context(served(folder, *more)) for more in ((), ("--management", "0"))]
        for size in (0, 1, 100):
            requests = max(5, options.requests // max(1, size // 4))
            for server in servers:
                server.burst(requests, size)
            pairs = []
            for number in range(options.rounds):
                order = servers if number % 2 else servers[::-1]
                costs = {id(server): server.burst(requests, size) for server in order}
                pairs.append([costs[id(server)] for server in servers])
            off, on = (median(costs) for costs in zip(*pairs, strict=True))
            ratio = median(with_metrics / without for without, with_metrics in pairs)
            what = f"{size} records" if size else "trivial flow"
            print(f"{what:>14}: {off:7.1f} µs without metrics, {on:7.1f} µs with: {ratio:.3f}")


if __name__ == "__main__":
    main()
