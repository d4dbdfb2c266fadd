"""The trace of a message in a queue that outlives the process; nobody records it here."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

from engine import Application, Event
from engine.connectors import Step
from engine.values.tracing import continue_trace, trace_headers

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OTHER = "00-11111111111111111111111111111111-2222222222222222-00"
FLOWS = """\
configs: {Queues: {vm:config: {queues: [{queueName: q, queueType: PERSISTENT}]}}}
configuration: {dataDir: "DIR"}
flows:
  publish: {steps: [{vm:publish: {config-ref: Queues, queueName: q}}]}
  out:
    source: {vm:listener: {config-ref: Queues, queueName: q, numberOfConsumers: 1}}
    steps: [{set-payload: {value: seen}}]
"""
EARLIER = """
DROP TABLE messages;
CREATE TABLE messages(
  number INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, data BLOB NOT NULL, correlation_id TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, is_taken INTEGER NOT NULL DEFAULT 0
);
"""
"""The table as versions without traces made it."""


class Seen:
    """The payloads that enter the steps of `out`, each with the headers of its trace."""

    def __init__(self) -> None:
        self.found: list[tuple[Any, dict[str, str]]] = []

    def entered(self, node: Any, event: Event) -> None:
        if isinstance(node, Step) and node.name == "set-payload":
            self.found.append((event.payload, dict(trace_headers.get())))

    def left(self, node: Any, event: Event, failure: BaseException | None) -> None: ...


def publish(folder: Path, payload: str, parent: str | None = None, state: str = "") -> None:
    """Publish in a trace, with an application of its own."""

    async def run() -> None:
        continue_trace(parent, state)
        async with Application.load(folder / "flows.yaml") as app:
            await app.run("publish", payload)

    asyncio.run(run())


def test_messages_keep_their_trace_and_those_of_earlier_versions_are_read(tmp_path: Path) -> None:
    (tmp_path / "flows.yaml").write_text(FLOWS.replace("DIR", str(tmp_path)))
    publish(tmp_path, "old", OTHER)
    (file,) = tmp_path.rglob("*.db")
    with sqlite3.connect(file) as connection:
        names = "number, queue, data, correlation_id, attempts, is_taken"
        rows = connection.execute(f"SELECT {names} FROM messages").fetchall()  # noqa: S608  # names of columns
        connection.executescript(EARLIER)
        connection.executemany(f"INSERT INTO messages({names}) VALUES(?, ?, ?, ?, ?, ?)", rows)
    connection.close()
    publish(tmp_path, "new", PARENT, "shop=1 2,other=3")
    publish(tmp_path, "without")
    publish(tmp_path, "last", OTHER)
    seen = Seen()

    async def consume() -> None:
        continue_trace(PARENT, "")  # of a request that starts the application; its messages are not of that trace
        async with Application.load(tmp_path / "flows.yaml", observers=[seen]) as app:
            await app.listen()
            while len(seen.found) < 4:  # noqa: ASYNC110  # what is waited for has no event of its own
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(consume(), 20))
    assert seen.found == [
        ("old", {}),
        ("new", {"traceparent": PARENT, "tracestate": "shop=1 2,other=3"}),
        ("without", {}),
        ("last", {"traceparent": OTHER}),
    ]
