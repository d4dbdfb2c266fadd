"""What a server tells the service manager that has started it, in systemd's protocol (sd_notify(3))."""

from __future__ import annotations

import asyncio
import atexit
import faulthandler
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress

from engine.expressions.digits import is_digits

MICROSECONDS = 1_000_000
PATIENCE = 1.0
"""Seconds for which a message waits for a busy manager."""

STOPPING = "answers what it has begun, and ends"
"""The status while a server ends."""


class ServiceManager:
    """The service manager; if there is none, nothing is told.

    address: of its datagram socket, as in NOTIFY_SOCKET. watchdog: the seconds within which it wants to hear of the
    server; 0 if it does not.
    """

    def __init__(self, address: str = "", watchdog: float = 0.0) -> None:
        self.watchdog = watchdog if address else 0.0
        if self.watchdog:
            faulthandler.enable()  # it kills with SIGABRT: the log then says where the event loop was blocked
        self._address = f"\0{address[1:]}" if address.startswith("@") else address

    @classmethod
    def of_this_process(cls, environment: MutableMapping[str, str] = os.environ) -> ServiceManager:
        """Return the one of the environment. Child processes are not told of it."""
        address = environment.pop("NOTIFY_SOCKET", "")
        process, limit = environment.pop("WATCHDOG_PID", ""), environment.pop("WATCHDOG_USEC", "")
        is_watched = process in ("", str(os.getpid())) and is_digits(limit)
        is_known = address.startswith(("/", "@")) and hasattr(socket, "AF_UNIX")
        return cls(address if is_known else "", int(limit) / MICROSECONDS if is_watched else 0.0)

    def ready(self, status: str = "") -> None:
        """Say that requests are answered, at the start or after `reloading`; the status is for people."""
        self._tell("READY=1", *_status(status))

    def stopping(self, status: str = "") -> None:
        """Say that the server ends: what runs is finished, nothing new begun."""
        self._tell("STOPPING=1", *_status(status))

    def reloading(self, status: str = "") -> None:
        """Say that the flows are loaded anew; `ready` ends that, also if they had mistakes."""
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._tell("RELOADING=1", f"MONOTONIC_USEC={now}", *_status(status))

    @contextmanager
    def during_reload(self) -> Iterator[None]:
        """Say that the flows are loaded anew while the context is open."""
        self.reloading()
        try:
            yield
        finally:
            self.ready()

    def alive(self) -> None:
        """Say that the server lives; to be said more often than each `watchdog` seconds. Never wait for it."""
        self._tell("WATCHDOG=1", patience=0)

    def _tell(self, *lines: str, patience: float = PATIENCE) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:  # it may be gone
            channel.settimeout(patience)
            channel.sendto("\n".join(lines).encode(), self._address)


def _status(text: str) -> list[str]:
    return [f"STATUS={' '.join(text.split())}"] if text else []


def beat(watchdog: float, alive: Callable[[], None]) -> None:
    """Show life from the running event loop, twice in the time of the watchdog, if there is one.

    A loop that is blocked shows none.
    """
    if watchdog:
        alive()
        asyncio.get_running_loop().call_later(watchdog / 2, beat, watchdog, alive)


def beat_of_process(watchdog: float, alive: Callable[[], None]) -> None:
    """Show life from a process without an event loop, whatever system call it waits in."""
    if watchdog:
        signal.signal(signal.SIGALRM, lambda *_: alive())
        signal.setitimer(signal.ITIMER_REAL, watchdog / 2, watchdog / 2)
        atexit.register(signal.setitimer, signal.ITIMER_REAL, 0)  # afterwards the signal would kill the process
