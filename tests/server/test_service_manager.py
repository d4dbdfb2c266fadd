"""What systemd is told (sd_notify): that it answers, reloads, ends, and that its event loop lives."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from running import Running, Start

from engine.tools.served.service_manager import ServiceManager

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
flows:
  hello:
    source: {http:listener: {config-ref: Api, path: /hello}}
    steps: [{set-payload: {value: hi}}]
  slow:
    source: {http:listener: {config-ref: Api, path: /slow}}
    steps: [{logger: {message: began}}, {slow: {seconds: 0.5}}, {set-payload: {value: done}}]
  stand:
    source: {http:listener: {config-ref: Api, path: /stand}}
    steps: [{stand: {seconds: 60}}]
"""
ELEMENTS = ("--processors", "elements")


class Manager:
    """A service manager: the datagrams that it gets."""

    def __init__(self, address: str) -> None:
        self.channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.channel.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self.channel.settimeout(20)
        self.address = address
        self.messages: list[str] = []

    def next(self) -> list[str]:
        """The lines of the next message that is not the watchdog's."""
        while (text := self.channel.recv(65536).decode()) == "WATCHDOG=1":
            self.messages.append(text)
        return text.splitlines()

    def beats(self, count: int) -> int:
        """Wait for so many signs of life."""
        return [self.channel.recv(65536) for _ in range(count)].count(b"WATCHDOG=1")


@pytest.fixture(params=["a file", "an abstract name"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    is_file = request.param == "a file"
    manager = Manager(str(tmp_path / "notify") if is_file else f"@flow-engine-test-{os.getpid()}-{time.monotonic_ns()}")
    yield manager
    manager.channel.close()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ready_and_stopping(workers: str, manager: Manager, start: Start) -> None:
    server: Running = start(FLOWS, *ELEMENTS, "--workers", workers, NOTIFY_SOCKET=manager.address)
    ready, status = manager.next()
    assert ready == "READY=1"
    assert status.startswith("STATUS=engine ")
    assert status.endswith(f"serves at http://127.0.0.1:{server.port}")
    asking = threading.Thread(target=server.client.get, args=["/slow"])
    asking.start()
    server.logged("began")
    server.process.send_signal(signal.SIGTERM)
    assert manager.next() == ["STOPPING=1", "STATUS=answers what it has begun, and ends"]
    assert server.process.poll() is None  # it is told when the end begins
    asking.join()
    assert server.end() == 0
    manager.channel.settimeout(0.1)
    with pytest.raises(TimeoutError):
        manager.next()


def test_what_cannot_start_is_never_ready(manager: Manager, start: Start) -> None:
    with pytest.raises(AssertionError, match="cannot be started"):
        start(
            FLOWS.replace("configs:", "configs:\n  DB: {db:config: {url: 'sqlite:////nowhere/x.db', initScript: x}}"),
            *ELEMENTS, NOTIFY_SOCKET=manager.address,
        )  # fmt: skip
    manager.channel.settimeout(0.1)
    with pytest.raises(TimeoutError):
        manager.next()


def test_reload_tells_before_and_after(manager: Manager, start: Start, tmp_path: Path) -> None:
    """Also of a mistake: what was served before still is."""
    start(FLOWS, *ELEMENTS, "--reload", NOTIFY_SOCKET=manager.address)
    assert manager.next()[0] == "READY=1"
    for text, status in (("flows: [", "what was served before still is"), (FLOWS, "serves what was saved last")):
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        (tmp_path / "flows.yaml").write_text(text)
        reloading, at = manager.next()
        assert reloading == "RELOADING=1"
        assert before < int(at.removeprefix("MONOTONIC_USEC=")) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        assert manager.next() == ["READY=1", f"STATUS={status}"]


@pytest.mark.parametrize("arguments", [(), ("--workers", "2"), ("--reload",)], ids=["one", "workers", "reload"])
def test_the_watchdog_hears_of_it(arguments: tuple[str, ...], manager: Manager, start: Start) -> None:
    server: Running = start(FLOWS, *ELEMENTS, *arguments, NOTIFY_SOCKET=manager.address, WATCHDOG_USEC="200000")
    manager.next()
    assert manager.beats(4) == 4
    assert server.end() == 0


@pytest.fixture
def unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own watchdog tells of an event loop that stands; here, one must."""
    monkeypatch.setattr("running.WATCHDOG", Path("/nowhere"))


@pytest.mark.usefixtures("unwatched")
def test_an_event_loop_that_is_blocked_shows_no_life(manager: Manager, start: Start) -> None:
    """systemd then sends SIGABRT; the log has the place."""
    server: Running = start(FLOWS, *ELEMENTS, NOTIFY_SOCKET=manager.address, WATCHDOG_USEC="1000000")
    manager.next()
    with server.raw(b"GET /stand HTTP/1.1\r\nHost: x\r\n\r\n"):
        server.logged("stands")
        manager.channel.settimeout(1.5)
        with suppress(TimeoutError):
            while manager.channel.recv(100):
                assert server.process.poll() is None
    assert server.end(signal.SIGABRT) == -signal.SIGABRT
    assert "elements/stand.py" in server.log


@pytest.mark.usefixtures("unwatched")
def test_a_worker_that_is_blocked_is_started_anew(manager: Manager, start: Start) -> None:
    """The others go on, and the service is not restarted."""
    server: Running = start(FLOWS, *ELEMENTS, "--workers", "2", NOTIFY_SOCKET=manager.address, WATCHDOG_USEC="1000000")
    manager.next()
    with server.raw(b"GET /stand HTTP/1.1\r\nHost: x\r\n\r\n"):
        server.logged("stands")
        assert manager.beats(4) == 4
        server.logged("ended with SIGABRT; it is started anew")
    assert len(server.logged("has been blocked for 1 s; it is killed")) == 1
    assert "elements/stand.py" in server.log
    assert server.client.get("/hello").text == "hi"
    assert server.end() == 0


ENVIRONMENTS = [
    ({}, "", 0.0),
    ({"NOTIFY_SOCKET": "/run/systemd/notify"}, "/run/systemd/notify", 0.0),
    ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "3000000"}, "/n", 3.0),
    ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, "/n", 3.0),
    ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, "/n", 0.0),
    ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "soon"}, "/n", 0.0),
    ({"WATCHDOG_USEC": "3000000"}, "", 0.0),
    ({"NOTIFY_SOCKET": "vsock:2:1234"}, "", 0.0),
    ({"NOTIFY_SOCKET": ""}, "", 0.0),
]


@pytest.mark.parametrize(("environment", "address", "watchdog"), ENVIRONMENTS)
def test_the_environment_is_read_once(environment: dict[str, str], address: str, watchdog: float) -> None:
    """What a flow starts must not speak for the server."""
    left = {**environment, "PATH": "/bin"}
    manager = ServiceManager.of_this_process(left)
    assert (manager._address, manager.watchdog, left) == (address, watchdog, {"PATH": "/bin"})


def test_a_manager_that_is_gone_or_busy_holds_nobody_up(tmp_path: Path) -> None:
    address = tmp_path / "notify"
    ServiceManager(str(address)).ready("nobody is there")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(address))
        manager = ServiceManager(str(address), 1)
        for _ in range(10_000):  # more than its queue holds; nobody reads
            manager.alive()
        channel.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                assert channel.recv(100) == b"WATCHDOG=1"
        manager.ready("one line\nand another")
        assert channel.recv(100) == b"READY=1\nSTATUS=one line and another"
