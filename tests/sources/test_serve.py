"""`engine serve` of an application without HTTP: what is printed, logged, and how it ends."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest
from running import Running

Start = Callable[..., Running]

FLOWS = """
configs:
  VM: {vm:config: {queues: [{queueName: ticks}, {queueName: never}]}}
configuration: {shutdownTimeout: %s}
flows:
  tick:
    source: {scheduler: {fixed-frequency: {frequency: 1, timeUnit: HOURS}}}
    steps: [{vm:publish: {config-ref: VM, queueName: ticks, content: tick}}]
  daily:
    source: {scheduler: {cron: {expression: "0 0 12 * * ?", timeZone: Europe/Berlin}}}
    steps: []
  work:
    source: {vm:listener: {config-ref: VM, queueName: ticks}}
    steps:
      - logger: {message: "got #[payload]"}
      - try:
          steps: [{vm:consume: {config-ref: VM, queueName: never, timeout: %s}}]
          error-handler: [{on-error-continue: {logException: false}}]
      - raise-error: {type: "APP:BROKEN", description: it broke}
"""


def test_what_is_printed_and_logged(start: Start) -> None:
    server = start(FLOWS % ("5s", "0"))
    assert server.printed[:-1] == [
        "every 3600 s -> tick\n",
        "at 0 0 12 * * ? (Europe/Berlin) -> daily\n",
        "queue ticks -> work\n",
    ]
    assert server.printed[-1].endswith("serves; Ctrl-C ends it\n")
    server.logged("got tick")
    assert server.end() == 0
    assert len(server.logged("ERROR")) == 1
    assert "APP:BROKEN: it broke at work/steps/2 @ " in server.logged("ERROR")[0]
    assert "Traceback" not in server.log


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_under_way_ends(start: Start, number: int) -> None:
    server = start(FLOWS % ("20s", "1s"))
    server.logged("got tick")
    assert server.end(number) == 0
    server.logged("APP:BROKEN")
    assert "Traceback" not in server.log


def test_what_takes_too_long_is_ended(start: Start) -> None:
    server = start(FLOWS % ("200ms", "60s"))
    server.logged("got tick")
    assert server.end() == 0
    server.logged("sources did not end within 0.2 s")
    assert "1 messages of the transient queue ticks are lost" in server.log
    assert "Traceback" not in server.log


def test_a_second_signal_ends_at_once(start: Start) -> None:
    server = start(FLOWS % ("20s", "60s"))
    server.logged("got tick")
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    began = time.monotonic()
    assert server.end() == 0
    assert time.monotonic() - began < 15
    assert "Traceback" not in server.log
