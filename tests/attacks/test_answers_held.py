"""Callers who ask for large answers and do not take them."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress

import pytest
from attacks.attack import watched
from server.raw import head, received
from server.running import Running

from engine.wire.room import Unsent

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0, maxUnsentBytes: 48MiB}}
flows:
  large:
    source: {http:listener: {config-ref: Api, path: /large}}
    steps: [{set-payload: {value: "#[repeat('x', 9000000)]"}}]
"""
LARGE = head("Connection: close", request="GET /large HTTP/1.1")


@pytest.mark.reaches("MAX_UNSENT_BYTES")
def test_answers_that_nobody_takes(attacked: Running) -> None:
    """The slowest are given up; who takes its answer gets it."""
    with watched(attacked), ExitStack() as stack:
        callers = [stack.enter_context(attacked.raw()) for _ in range(40)]
        for caller in callers:
            caller.sendall(LARGE)
            time.sleep(0.02)
            with suppress(ConnectionError):
                caller.recv(1)
        assert attacked.exchange(LARGE).endswith(b"x" * 9_000_000)
        whole = sum(received(caller).endswith(b"x" * 9_000_000) for caller in callers)
    assert 0 < whole < len(callers)


class Caller:
    """One who takes its answer at some speed."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self.is_aborted = False

    def abort(self) -> None:
        self.is_aborted = True


def test_the_slowest_are_given_up() -> None:
    unsent = Unsent(80)
    callers = [Caller(speed) for speed in (5, 1, 3, 2, 4)]
    for caller in callers:
        unsent.add(caller, 19)  # type: ignore[arg-type]  # its speed is a constant
    assert [caller.is_aborted for caller in callers] == [False, True, False, True, False]
    unsent.remove(callers[0])  # type: ignore[arg-type]
    unsent.remove(callers[0])  # type: ignore[arg-type]
    unsent.add(callers[0], 40)  # type: ignore[arg-type]
    assert not callers[0].is_aborted
    unsent.add(callers[0], 1000)  # type: ignore[arg-type]
    assert [caller.is_aborted for caller in callers] == [False, True, True, True, True]  # one alone may have any answer
