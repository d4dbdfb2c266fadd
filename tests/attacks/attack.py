"""What an attack does to a server: how long others wait meanwhile, and how much memory it costs."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from process_memory import forget_peak, memory_of
from server.running import Running

MIB = 2**20
LONGEST_WAIT = 2.5
"""Seconds of processor time that the server may take while a neighbour waits for its answer.

On a quiet machine none takes more than 0.55; on a busy one the same work takes up to four times as long.
"""
ROOM = 128 * MIB
"""How much more memory an attack may cost at any time."""
PAUSE = 0.02
QUESTION = b"GET /-/live HTTP/1.1\r\nHost: neighbour\r\n\r\n"
TICK = os.sysconf("SC_CLK_TCK")


class Seen:
    """What was seen while an attack ran.

    longest_wait: the most processor time, in seconds, that the server took between a neighbour's
    question and its answer: unlike the time on the wall it grows little on a busy machine.
    longest_seconds: the same wait on the wall. growth: bytes of memory over what there was before.
    asked: how many questions were answered.
    """

    def __init__(self) -> None:
        self.longest_wait = self.longest_seconds = 0.0
        self.growth = 0
        self.asked = 0

    def __str__(self) -> str:
        waits = f"{self.longest_wait:.2f} s of the server's time, {self.longest_seconds:.2f} s on the wall"
        return f"a neighbour waits {waits}; memory grows {self.growth / MIB:.0f} MiB; {self.asked} questions answered"


@contextmanager
def watched(server: Running, *, wait: float = LONGEST_WAIT, room: int = ROOM) -> Iterator[Seen]:
    """Watch a server during the body; what is seen is checked at its end.

    A neighbour asks /-/live all the while, over a connection of its own.
    """
    process = server.process.pid
    forget_peak(process)
    before = memory_of("VmRSS", process)
    seen, over = Seen(), threading.Event()
    neighbour = threading.Thread(target=_ask, args=(server, seen, over))
    neighbour.start()
    try:
        yield seen
    finally:
        over.set()
        neighbour.join()
    assert server.process.poll() is None, "the server died"
    seen.growth = max(0, memory_of("VmHWM", process) - before)
    print(seen)
    assert seen.asked > 0, "no question was answered"
    assert seen.longest_wait < wait, str(seen)
    assert seen.growth < room, str(seen)
    assert "Traceback" not in server.log


def _ask(server: Running, seen: Seen, over: threading.Event) -> None:
    with server.raw() as connection:
        connection.settimeout(60)
        while True:
            began, used = time.monotonic(), _used(server.process.pid)
            connection.sendall(QUESTION)
            if not _is_answered(connection):
                return
            seen.longest_wait = max(seen.longest_wait, _used(server.process.pid) - used)
            seen.longest_seconds = max(seen.longest_seconds, time.monotonic() - began)
            seen.asked += 1
            if over.wait(PAUSE):
                return


def _is_answered(connection: socket.socket) -> bool:
    answer = b""
    while not answer.endswith(b'{"status":"live"}'):
        part = connection.recv(4096)
        if not part:
            return False
        answer += part
    return True


def _used(process: int) -> float:
    """Seconds of processor time that the process has taken; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK
