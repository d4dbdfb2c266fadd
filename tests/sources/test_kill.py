"""kill -9 between queues: each accepted message ends in the queue of those done or in that of dead letters."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
from running import Running, wait_until

from engine import Application, FlowError

Start = Callable[..., Running]

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
  Queues:
    vm:config:
      queues:
        - {queueName: orders, queueType: PERSISTENT}
        - {queueName: done, queueType: PERSISTENT}
        - {queueName: dead-letters, queueType: PERSISTENT}
        - {queueName: never}
configuration: {dataDir: %s}
flows:
  accept:
    source: {http:listener: {config-ref: Api, path: /orders, allowedMethods: POST}}
    steps:
      - foreach: {steps: [{vm:publish: {config-ref: Queues, queueName: orders}}]}
      - set-payload: {value: accepted}
  handle:
    source: {vm:listener: {config-ref: Queues, queueName: orders}}
    steps:
      - try:  # a pause, so that the end finds messages in the flow
          steps: [{vm:consume: {config-ref: Queues, queueName: never, timeout: 2ms}}]
          error-handler: [{on-error-continue: {type: "VM:EMPTY_QUEUE", logException: false}}]
      - validation:is-true: {expression: payload.amount > 0, message: no amount}
      - vm:publish: {config-ref: Queues, queueName: done, content: "#[payload.id]"}
    error-handler:
      - on-error-continue:
          logException: false
          steps: [{vm:publish: {config-ref: Queues, queueName: dead-letters, content: "#[payload.id]"}}]
  take-done: {steps: [{vm:consume: {config-ref: Queues, queueName: done, timeout: 0}}]}
  take-dead: {steps: [{vm:consume: {config-ref: Queues, queueName: dead-letters, timeout: 0}}]}
"""
ORDERS_QUEUE = "Queues/orders"
KILLS = 3
ORDERS, AT_ONCE = 1000, 50
"""In each of its lives, and in each request."""
LONG = 60
"""Seconds: a busy machine takes its time for thousands of messages."""


def order(number: int) -> dict[str, Any]:
    return {"id": number, "amount": number % 3}


def post_all(server: Running, numbers: range, accepted: set[int]) -> None:
    """Post until the server is killed; what it answered was accepted."""
    with suppress(httpx.TransportError):
        for first in numbers[::AT_ONCE]:
            some = range(first, first + AT_ONCE)
            if server.post("/orders", json=[order(number) for number in some]).status_code == 200:
                accepted.update(some)


def waiting(folder: Path) -> Counter[str]:
    """How many messages lie in each queue, those included that a flow has."""
    with closing(sqlite3.connect(folder / "queues.db")) as database:
        return Counter(dict(database.execute("SELECT queue, count(*) FROM messages GROUP BY queue")))


async def drain(file: Path, flow: str) -> list[int]:
    """All messages of a queue."""
    taken: list[int] = []
    async with Application.load(file) as app:
        with suppress(FlowError):
            while True:
                taken.append((await app.run(flow)).payload)
    return taken


def test_nothing_accepted_is_lost(start: Start, tmp_path: Path) -> None:
    folder, accepted, unfinished = tmp_path / "data", set[int](), 0
    flows = FLOWS % folder
    for life in range(KILLS):
        server = start(flows)
        numbers = range(life * ORDERS, (life + 1) * ORDERS)
        caller = Thread(target=post_all, args=[server, numbers, accepted])
        caller.start()
        before = len(accepted)
        wait_until(lambda: len(accepted) > before and waiting(folder)[ORDERS_QUEUE] > 10, LONG)  # noqa: B023  # in time
        server.process.kill()
        caller.join()
        unfinished += waiting(folder)[ORDERS_QUEUE]
    server = start(flows)
    wait_until(lambda: waiting(folder)[ORDERS_QUEUE] == 0, LONG)
    assert server.end() == 0
    assert unfinished > 0, "it was killed when nothing was under way"
    assert len(accepted) < KILLS * ORDERS, "it was killed too late"

    done = asyncio.run(drain(tmp_path / "flows.yaml", "take-done"))
    dead = asyncio.run(drain(tmp_path / "flows.yaml", "take-dead"))
    assert accepted <= {*done, *dead}
    assert {number % 3 for number in dead} == {0}
    assert 0 not in {number % 3 for number in done}
    assert "Traceback" not in server.log
