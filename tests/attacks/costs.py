"""What a request or an evaluation costs, measured in a process of its own that may die of it.

Run as a program, it reads jobs from its standard input, a line of JSON each, and answers each with a line.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import select
import subprocess
import sys
import time
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Self

from process_memory import forget_peak, memory_of

MIB = 2**20
DIED, TOO_LONG = "died", "too long"
LONGEST = 20.0
"""Seconds on the wall after which a job is given up."""
FLOWS = """
configs:
  Api: {http:listener-config: {port: 0, readTimeout: 60s}}
flows:
  echo:
    source: {http:listener: {config-ref: Api, path: /echo}}
    steps: [{set-payload: {value: "#[payload]"}}]
  stream:
    source: {http:listener: {config-ref: Api, path: /stream, streaming: true}}
    steps: [{foreach: {collect: {target: all, streaming: true}, steps: []}}, {set-payload: {value: "#[vars.all]"}}]
  read:
    source: {http:listener: {config-ref: Api, path: /read}}
    steps:
      - set-variable: {variableName: text, value: "#[default(as_string(payload), '')]"}
      - set-payload: {value: "#[map(&read($vars.text, @), ['text/csv', 'application/xml', 'application/yaml'])]"}
"""


class Cost(NamedTuple):
    """Seconds of processor time, bytes of memory at the most, and what came of it: a status, or an error's type."""

    seconds: float
    memory: int
    outcome: str

    @property
    def is_ended(self) -> bool:
        return self.outcome not in (DIED, TOO_LONG)


class Meter:
    """A process that measures; one that dies, or takes too long, is replaced."""

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def of(self, kind: str, job: Any, size: int) -> Cost:
        """The cost of a Body or an Evaluation at a size. It may never end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([kind, list(job), size]) + "\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], LONGEST)
        line = self._process.stdout.readline() if ready else ""
        if line:
            return Cost(*json.loads(line))
        self._end()
        self._start()
        return Cost(LONGEST, 0, DIED if ready else TOO_LONG)

    def _start(self) -> None:
        command = [sys.executable, "-m", "attacks.costs"]
        self._process = subprocess.Popen(
            command, cwd=Path(__file__).parent.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


def _measure(call: Any) -> Cost:
    forget_peak()
    before, began = memory_of("VmRSS"), time.thread_time()
    outcome = str(call())
    seconds = time.thread_time() - began
    return Cost(seconds, max(0, memory_of("VmHWM") - before), outcome)


def _request(app: Any, body: Any, size: int) -> Any:
    content = body.text(size).encode("utf-8", "surrogatepass")
    if body.encoding == "gzip":
        content = gzip.compress(content, mtime=0)
    elif body.encoding == "deflate":
        content = zlib.compress(content)
    step = body.segment or len(content)
    segments = [content[start : start + step] for start in range(0, len(content), step)] or [b""]
    headers = {"content-type": body.content_type, "accept": body.accept, "content-encoding": body.encoding}
    lines = [(name.encode(), value.encode()) for name, value in headers.items() if value]
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": body.path, "raw_path": body.path.encode(),
        "query_string": b"", "root_path": "", "scheme": "http", "server": ("test", 80), "client": ("127.0.0.1", 1),
        "headers": [(b"host", b"test"), (b"transfer-encoding", b"chunked"), *lines], "state": {},
    }  # fmt: skip
    status = 0
    waiting = iter(enumerate(segments, 1))

    async def receive() -> dict[str, Any]:
        number, part = next(waiting, (len(segments), b""))
        return {"type": "http.request", "body": part, "more_body": number < len(segments)}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    async def run() -> int:
        try:
            await app(scope, receive, send)
        except Exception as error:  # a stream that broke off
            return status or type(error).__name__  # type: ignore[return-value]
        return status

    return run


def _evaluation(evaluation: Any, size: int) -> Any:
    from engine import Event, Expression, FlowError

    payload = evaluation.payload(size)
    try:
        expression = Expression(evaluation.expression)
    except Exception as error:
        name = type(error).__name__
        return lambda: name

    def run() -> str:
        try:
            expression.evaluate(Event(payload=payload))
        except FlowError as error:
            return str(error.type)
        return "value"

    return run


def _serve_jobs() -> None:
    from attacks.bodies import Body
    from attacks.evaluations import Evaluation

    from engine import Application

    with TemporaryDirectory() as folder, asyncio.Runner() as runner:
        (Path(folder) / "flows.yaml").write_text(FLOWS)
        app = Application.load(folder).asgi()
        runner.run(_request(app, Body("/echo", "text/plain", "", "", "", 0, "", "a", "", "", ""), 10)())
        for line in sys.stdin:
            kind, job, size = json.loads(line)
            if kind == "body":
                request = _request(app, Body(*job), size)
                cost = _measure(lambda request=request: runner.run(request()))
            else:
                cost = _measure(_evaluation(Evaluation(*job), size))
            print(json.dumps(cost), flush=True)


if __name__ == "__main__":
    import logging

    logging.disable()
    _serve_jobs()
